#include "winograd_convolution.h"

#include "parallel.h"

using ct::data, ct::kernels, ct::parallel, ct::part_limit, ct::Scratch;

namespace {

struct Geometry {
  int64_t images, inputs, outputs, area;
  ct::Tiles tiles;
  Geometry(const at::Tensor &x, int64_t outputs)
      : images(x.size(0)), inputs(x.size(1)), outputs(outputs), area(x.size(2) * x.size(3)), tiles(x.size(2), x.size(3)) {}
  int64_t scratch() const { return tiles.scratch(tiles.rows(), inputs + outputs); }

  /// Calls body(first, count) for a few of the images begin..<end at a time.
  template <class Body>
  void each(int64_t begin, int64_t end, const Body &body) const {
    for (int64_t first = begin; first < end; first += tiles.images()) body(first, std::min(tiles.images(), end - first));
  }
  /// Calls body(first, last) for the rows of tiles of so many images.
  template <class Body>
  void groups(int64_t count, const Body &body) const {
    const int64_t all = count * tiles.down;
    for (int64_t first = 0; first < all; first += tiles.rows()) body(first, std::min(all, first + tiles.rows()));
  }
};

/// From weights [3] to the four of Winograd's products, and back for gradients: G of Lavin & Gray 2016, equation 7.
constexpr float spread[4][3] = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};

/// Weights [outputs][3][3][inputs] (channels-last), transformed as the kernels take them: [16][outputs / 16][inputs][16]; with
/// `transposed` those of the gradient with respect to x: outputs and inputs change places, the window is turned.
/// `half`: rounded to bf16 first, as bf16 weights would be.
Scratch<float> transform(const at::Tensor &weight, bool transposed, bool half) {
  const auto rounded = (half ? weight.to(at::kBFloat16).to(at::kFloat) : weight).contiguous(at::MemoryFormat::ChannelsLast);
  const float *w = data<float>(rounded);
  const int64_t o = weight.size(0), i = weight.size(1), outputs = transposed ? i : o, inputs = transposed ? o : i;
  Scratch<float> result(16 * inputs * outputs);
  parallel(o, 16, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t a = begin; a < end; ++a)
      for (int64_t b = 0; b < i; b += 16) {
        float rows[4][3][16];  // G w, of 16 inputs
        for (int r = 0; r < 4; ++r)
          for (int left = 0; left < 3; ++left)
            for (int n = 0; n < 16; ++n) {
              const auto at = [&](int up) { return w[((a * 3 + (transposed ? 2 - up : up)) * 3 + (transposed ? 2 - left : left)) * i + b + n]; };
              rows[r][left][n] = spread[r][0] * at(0) + spread[r][1] * at(1) + spread[r][2] * at(2);
            }
        for (int r = 0; r < 4; ++r)
          for (int q = 0; q < 4; ++q) {
            float *to = result.numbers + (r * 4 + q) * inputs * outputs;
            for (int n = 0; n < 16; ++n) {
              const float value = spread[q][0] * rows[r][0][n] + spread[q][1] * rows[r][1][n] + spread[q][2] * rows[r][2][n];
              (transposed ? to[(b / 16 * inputs + a) * 16 + n] : to[(a / 16 * inputs + b + n) * 16 + a % 16]) = value;
            }
          }
      }
  });
  return result;
}

/// The gradient of weights [outputs][3][3][inputs] from the sums [16][inputs][outputs] of the threads, in their order.
void gather(const std::vector<at::Tensor> &parts, int64_t inputs, int64_t outputs, float *to) {
  parallel(inputs, 8, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t o = 0; o < outputs; ++o) {
        float sums[4][4] = {}, rows[3][4];
        for (const auto &part : parts)
          if (part.defined())
            for (int p = 0; p < 16; ++p) sums[p / 4][p % 4] += data<float>(part)[(p * inputs + i) * outputs + o];
        for (int up = 0; up < 3; ++up)
          for (int q = 0; q < 4; ++q)
            rows[up][q] = spread[0][up] * sums[0][q] + spread[1][up] * sums[1][q] + spread[2][up] * sums[2][q] + spread[3][up] * sums[3][q];
        for (int up = 0; up < 3; ++up)
          for (int left = 0; left < 3; ++left)
            to[((o * 3 + up) * 3 + left) * inputs + i] = spread[0][left] * rows[up][0] + spread[1][left] * rows[up][1] +
                                                         spread[2][left] * rows[up][2] + spread[3][left] * rows[up][3];
      }
  });
}

}  // namespace

template <class T>
bool ct::WinogradConvolution<T>::fits(const at::Tensor &x, const at::Tensor &kernel, at::IntArrayRef stride, at::IntArrayRef padding) {
  // Tiles of bf16 are worth more than Winograd's savings, except for few channels.
  if (sizeof(T) == 2 && multiplies_tiles() && kernel.size(0) * kernel.size(1) > 64 * 64) return false;
  return kernels<T>().convolve && stride == at::IntArrayRef({1, 1}) && padding == at::IntArrayRef({1, 1}) && kernel.size(2) == 3 &&
         kernel.size(3) == 3 && fits_kernels<T>(x, kernel);
}

template <class T>
ct::WinogradConvolution<T>::WinogradConvolution(const at::Tensor &kernel, int64_t)
    : outputs(kernel.size(0)), transformed(transform(kernel, false, sizeof(T) == 2)) {}

template <class T>
at::Tensor ct::WinogradConvolution<T>::forward(const at::Tensor &x, const Finish<T> &finish, std::vector<Moments> *moments) const {
  const Geometry g(x, outputs);
  auto y = at::empty({g.images, g.outputs, x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
  if (moments) moments->resize(part_limit());
  parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
    const Scratch<float> scratch(g.scratch());
    g.each(begin, end, [&](int64_t image, int64_t count) {
      const T *from = data<T>(x) + image * g.area * g.inputs;
      T *to = data<T>(y) + image * g.area * g.outputs;
      auto here = finish;
      if (here.residual) here.residual += image * g.area * g.outputs;
      g.groups(count, [&](int64_t first, int64_t last) {
        kernels<T>().convolve(from, g.tiles, g.inputs, g.outputs, first, last, transformed.numbers, to, here, scratch.numbers);
      });
      if (moments) (*moments)[part].add(to, count * g.area, g.outputs);
    });
  });
  return y;
}

template <class T>
void ct::WinogradConvolution<T>::backward(const Backward &from, int64_t, Gradients &to) {
  const Geometry g(from.x, from.kernel.size(0));
  const auto transposed = to.dx.defined() ? std::optional(transform(from.kernel, true, sizeof(T) == 2)) : std::nullopt;
  std::vector<at::Tensor> parts(part_limit());
  parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
    const auto &k = kernels<T>();
    const Scratch<float> scratch(g.scratch()), gradient(g.tiles.images() * g.area * g.outputs);
    parts[part] = at::zeros({16 * g.inputs * g.outputs}, at::kFloat);
    g.each(begin, end, [&](int64_t image, int64_t count) {
      const int64_t in = image * g.area * g.inputs, out = image * g.area * g.outputs;
      k.gradient_wide(data<T>(from.dy) + out, from.relu ? data<T>(from.y) + out : nullptr, data<T>(from.middle) + out, from.by.scale.data(),
                      from.by.slope.data(), from.by.offset.data(), g.outputs, 0, count * g.area, gradient.numbers,
                      to.dresidual.defined() ? data<T>(to.dresidual) + out : nullptr, from.relu);
      g.groups(count, [&](int64_t first, int64_t last) {
        if (to.dx.defined())
          k.convolve_wide(gradient.numbers, g.tiles, g.outputs, g.inputs, first, last, transposed->numbers, data<T>(to.dx) + in, {}, scratch.numbers);
        k.add_products(data<T>(from.x) + in, gradient.numbers, g.tiles, g.inputs, g.outputs, first, last, data<float>(parts[part]), scratch.numbers);
      });
    });
  });
  to.dkernel = at::empty_like(from.kernel);
  gather(parts, g.inputs, g.outputs, data<float>(to.dkernel));
}

template class ct::WinogradConvolution<float>;
template class ct::WinogradConvolution<uint16_t>;
