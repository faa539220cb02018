#include "paired_convolution.h"

#include <algorithm>

#include "parallel.h"

using ct::data, ct::Lines, ct::parallel, ct::part_limit, ct::Scratch;

namespace {

/// Some rows of the outputs of one image, or of several whole images.
struct Band {
  int64_t image, images, top, rows;
};

struct Geometry {
  int64_t images, inputs, outputs, window, stride, in_height, in_width, height, width;
  Geometry(const at::Tensor &x, int64_t outputs, int64_t window, int64_t stride)
      : images(x.size(0)), inputs(x.size(1)), outputs(outputs), window(window), stride(stride), in_height(x.size(2)), in_width(x.size(3)),
        height((in_height - 1) / stride + 1), width((in_width - 1) / stride + 1) {}

  int64_t edge() const { return window / 2; }
  int64_t taps() const { return window * window; }

  /// What a band may hold, so that it stays in a core's cache: numbers in and out.
  static constexpr int64_t room = 1 << 18;
  int64_t band_images() const { return std::clamp<int64_t>(room / (height * width * (inputs + outputs)), 1, images); }
  int64_t band_rows() const { return band_images() > 1 ? height : std::clamp<int64_t>(room / (width * (inputs + outputs)), std::min<int64_t>(height, 4), height); }

  /// Calls body(band) for all rows of the images begin..<end.
  template <class Body>
  void each(int64_t begin, int64_t end, const Body &body) const {
    const int64_t many = band_images(), rows = band_rows();
    for (int64_t image = begin; image < end; image += many)
      for (int64_t top = 0; top < height; top += rows) body(Band{image, std::min(many, end - image), top, std::min(rows, height - top)});
  }

  /// Where a band's outputs and (without its edges) inputs begin.
  int64_t out(const Band &b) const { return (b.image * height + b.top) * width * outputs; }
  int64_t in(const Band &b) const { return (b.image * in_height + b.top * stride) * in_width * inputs; }

  /// The pixels of a band: of the outputs, or those inputs that windows of 1x1 see. Without gaps they are one line.
  Lines lines(const Band &b, int64_t channels, int64_t step, int64_t rows, int64_t columns) const {
    if (window == 1 && stride == 1) return {1, 1, b.images * b.rows * width, channels, 0, 0};
    return {b.images, b.rows, width, step * channels, step * columns * channels, rows * columns * channels};
  }
  Lines outputs_of(const Band &b) const { return lines(b, outputs, 1, height, width); }
  Lines inputs_of(const Band &b) const { return lines(b, inputs, stride, in_height, in_width); }

  /// With zeros around: lines of a band's images with an edge on every side.
  int64_t padded_line(int64_t channels) const { return (width + 2 * edge()) * channels; }
  int64_t padded_image(const Band &b, int64_t channels) const { return (b.rows + 2 * edge()) * padded_line(channels); }
  Lines padded(const Band &b, int64_t channels) const { return {b.images, b.rows, width, channels, padded_line(channels), padded_image(b, channels)}; }

  /// Calls fill(image, row, to) for each line of a band and its edges that lies in the images, `to` past the line's own edge; the
  /// rest becomes zeros. For 3x3.
  template <class Fill>
  void pad(const Band &b, int64_t channels, uint16_t *to, const Fill &fill) const {
    for (int64_t image = b.image; image < b.image + b.images; ++image)
      for (int64_t row = b.top - 1; row <= b.top + b.rows; ++row, to += padded_line(channels)) {
        if (row < 0 || row >= height) {
          std::fill_n(to, padded_line(channels), 0);
          continue;
        }
        std::fill_n(to, channels, 0);
        fill(image, row, to + channels);
        std::fill_n(to + (width + 1) * channels, channels, 0);
      }
  }
};

}  // namespace

bool ct::PairedConvolution::fits(const at::Tensor &x, const at::Tensor &kernel, at::IntArrayRef stride, at::IntArrayRef padding) {
  if (!paired_kernels() || !fits_kernels<uint16_t>(x, kernel) || kernel.size(2) != kernel.size(3) || stride[0] != stride[1] || stride[0] < 1) return false;
  const int64_t window = kernel.size(2);
  return (window == 1 || (window == 3 && stride[0] == 1)) && padding == at::IntArrayRef({window / 2, window / 2});
}

ct::PairedConvolution::PairedConvolution(const at::Tensor &kernel, int64_t stride)
    : outputs(kernel.size(0)), window(kernel.size(2)), stride(stride), weights(kernel.numel()) {
  const int64_t inputs = kernel.size(1);
  parallel(outputs / 16, 1, [&](int64_t, int64_t begin, int64_t end) {
    paired_kernels()->lay_out(data<float>(kernel), outputs, window * window, inputs, 16 * begin, 16 * end, weights.numbers);
  });
}

at::Tensor ct::PairedConvolution::forward(const at::Tensor &x, const Finish<uint16_t> &finish, std::vector<Moments> *moments) const {
  const Geometry g(x, outputs, window, stride);
  auto y = at::empty({g.images, g.outputs, g.height, g.width}, x.options(), at::MemoryFormat::ChannelsLast);
  if (moments) moments->resize(part_limit());
  parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
    const auto &k = *paired_kernels();
    const Scratch<uint16_t> scratch(g.window == 1 ? 0 : g.band_images() * g.padded_image({0, 1, 0, g.band_rows()}, g.inputs));
    g.each(begin, end, [&](const Band &band) {
      const auto *from = data<uint16_t>(x);
      auto *to = data<uint16_t>(y) + g.out(band);
      auto here = finish;
      if (here.residual) here.residual += g.out(band);
      if (g.window == 1) {
        k.convolve(from + g.in(band), g.inputs_of(band), 0, 1, g.inputs, weights.numbers, g.outputs, to, g.outputs_of(band), here);
      } else {
        g.pad(band, g.inputs, scratch.numbers, [&](int64_t image, int64_t row, uint16_t *line) {
          std::copy_n(from + (image * g.height + row) * g.width * g.inputs, g.width * g.inputs, line);
        });
        k.convolve(scratch.numbers, g.padded(band, g.inputs), g.padded_line(g.inputs), g.window, g.inputs, weights.numbers, g.outputs, to, g.outputs_of(band), here);
      }
      if (moments) (*moments)[part].add(to, band.images * band.rows * g.width, g.outputs);
    });
  });
  return y;
}

void ct::PairedConvolution::backward(const Backward &from, int64_t stride, Gradients &to) {
  const auto &k = *paired_kernels();
  const Geometry g(from.x, from.kernel.size(0), from.kernel.size(2), stride);
  const auto *kernel = data<float>(from.kernel);
  const Scratch<uint16_t> turned(to.dx.defined() ? from.kernel.numel() : 0);
  if (to.dx.defined())
    parallel(g.inputs / 16, 1, [&](int64_t, int64_t begin, int64_t end) {
      k.lay_out_turned(kernel, g.outputs, g.taps(), g.inputs, 16 * begin, 16 * end, turned.numbers);
    });
  const int64_t size = g.inputs * g.outputs;
  std::vector<at::Tensor> parts(part_limit());
  parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
    const Band largest{0, g.band_images(), 0, g.band_rows()};
    const int64_t edge = g.edge(), lines = largest.images * (largest.rows + 2 * edge);
    const int64_t most = g.window == 1 && stride == 1 ? lines * g.width + 1 : lines * (g.width + 3);  // pixels in pairs
    const Scratch<uint16_t> gradient(largest.images * g.padded_image(largest, g.outputs)), gradient_pairs(most * g.outputs),
        even(most * g.inputs), odd(edge ? most * g.inputs : 0);
    parts[part] = at::empty({g.taps() * size}, at::kFloat);
    bool fresh = true;
    // Lines of the gradient of the convolution's output; the residual's belongs to bands without their edges.
    const auto differentiate = [&](int64_t at, int64_t count, uint16_t *line, bool own) {
      kernels<uint16_t>().gradient(data<uint16_t>(from.dy) + at, from.relu ? data<uint16_t>(from.y) + at : nullptr, data<uint16_t>(from.middle) + at,
                                   from.by.scale.data(), from.by.slope.data(), from.by.offset.data(), g.outputs, 0, count, line,
                                   own && to.dresidual.defined() ? data<uint16_t>(to.dresidual) + at : nullptr, from.relu);
    };
    g.each(begin, end, [&](const Band &band) {
      const auto *x = data<uint16_t>(from.x);
      auto *dx = data<uint16_t>(to.dx);
      const int64_t line = g.padded_line(g.outputs);
      const uint16_t *own = gradient.numbers + edge * (line + g.outputs);
      if (g.window == 1)
        differentiate(g.out(band), band.images * band.rows * g.width, gradient.numbers, true);
      else
        g.pad(band, g.outputs, gradient.numbers, [&](int64_t image, int64_t row, uint16_t *at) {
          differentiate((image * g.height + row) * g.width * g.outputs, g.width, at, row >= band.top && row < band.top + band.rows);
        });
      const auto ours = g.window == 1 ? g.outputs_of(band) : g.padded(band, g.outputs);
      if (dx) {
        if (stride > 1) {
          // Pixels that no window sees. A band of one image ends where the next begins, the last with the image.
          const bool last = band.top + band.rows == g.height;
          const int64_t rows = (band.images - 1) * g.in_height + (last ? g.in_height - band.top * stride : band.rows * stride);
          std::fill_n(dx + g.in(band), rows * g.in_width * g.inputs, 0);
        }
        k.convolve(gradient.numbers, ours, line, g.window, g.outputs, turned.numbers, g.inputs, dx + g.in(band), g.inputs_of(band), {});
      }
      const int64_t pairs = (ours.width + 1) / 2, apart = ours.images * ours.count * pairs * 32;
      k.pair(own, ours, 0, pairs, g.outputs, apart, gradient_pairs.numbers);
      if (g.window == 1) {
        k.pair(x + g.in(band), g.inputs_of(band), 0, pairs, g.inputs, apart, even.numbers);
        k.add_products(even.numbers, {ours.images, ours.count, pairs, 0, pairs * 32, ours.count * pairs * 32}, apart, gradient_pairs.numbers, apart, g.inputs,
                       g.outputs, fresh, data<float>(parts[part]));
      } else {
        // Windows begin at odd and at even pixels: pairs of both kinds.
        const int64_t more = pairs + 1, rows = band.rows + 2, x_apart = band.images * rows * more * 32;
        for (int64_t image = 0; image < band.images; ++image)
          for (int64_t row = 0; row < rows; ++row) {
            const int64_t y = band.top + row - 1, place = (image * rows + row) * more * 32;
            const bool inside = y >= 0 && y < g.height;
            const auto *from = inside ? x + ((band.image + image) * g.height + y) * g.width * g.inputs : x;
            const Lines one{1, 1, inside ? g.width : 0, g.inputs, 0, 0};
            k.pair(from, one, -1, more, g.inputs, x_apart, even.numbers + place);
            k.pair(from, one, 0, more, g.inputs, x_apart, odd.numbers + place);
          }
        for (int64_t up = 0; up < 3; ++up)
          for (int64_t left = 0; left < 3; ++left)
            k.add_products((left == 1 ? odd.numbers : even.numbers + left / 2 * 32) + up * more * 32, {band.images, band.rows, pairs, 0, more * 32, rows * more * 32},
                           x_apart, gradient_pairs.numbers, apart, g.inputs, g.outputs, fresh, data<float>(parts[part]) + (up * 3 + left) * size);
      }
      fresh = false;
    });
  });
  std::vector<const float *> sums;
  for (const auto &part : parts)
    if (part.defined()) sums.push_back(data<float>(part));
  to.dkernel = at::empty_like(from.kernel);
  parallel(g.outputs / 16, 1, [&](int64_t, int64_t begin, int64_t end) {
    k.gather(sums.data(), static_cast<int64_t>(sums.size()), g.taps(), g.inputs, g.outputs, 16 * begin, 16 * end, data<float>(to.dkernel));
  });
}
