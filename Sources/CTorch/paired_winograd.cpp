#include "paired_winograd.h"

#include "parallel.h"

using ct::data, ct::paired_tile_kernels, ct::parallel, ct::part_limit, ct::Scratch;

namespace {

struct Geometry {
  int64_t images, inputs, outputs, area;
  ct::Tiles tiles;
  Geometry(const at::Tensor &x, int64_t outputs)
      : images(x.size(0)), inputs(x.size(1)), outputs(outputs), area(x.size(2) * x.size(3)), tiles(x.size(2), x.size(3)) {}

  /// Tiles whose products go into the weights' gradient at once: as many as there are channels, since each time the sums
  /// [16][inputs][outputs] are read and written.
  int64_t many() const { return std::max<int64_t>(64, 2 * inputs * outputs / (inputs + outputs)); }
  int64_t scratch(int64_t wanted, int64_t channels) const { return tiles.scratch(tiles.rows(wanted), channels); }

  /// Calls body(first, last) for the rows of tiles of so many images, `wanted` tiles at a time.
  template <class Body>
  void groups(int64_t wanted, int64_t count, const Body &body) const {
    const int64_t all = count * tiles.down, rows = tiles.rows(wanted);
    for (int64_t first = 0; first < all; first += rows) body(first, std::min(all, first + rows));
  }
};

}  // namespace

bool ct::PairedWinogradConvolution::fits(const at::Tensor &x, const at::Tensor &kernel, at::IntArrayRef stride, at::IntArrayRef padding) {
  return paired_tile_kernels() && fits_kernels<uint16_t>(x, kernel) && stride == at::IntArrayRef({1, 1}) && padding == at::IntArrayRef({1, 1}) &&
         kernel.size(2) == 3 && kernel.size(3) == 3 && kernel.size(0) % 32 == 0 && kernel.size(1) % 32 == 0;
}

ct::PairedWinogradConvolution::PairedWinogradConvolution(const at::Tensor &kernel, int64_t) : outputs(kernel.size(0)), weights(16 * kernel.size(0) * kernel.size(1)) {
  parallel(outputs / 16, 1, [&](int64_t, int64_t begin, int64_t end) {
    paired_tile_kernels()->lay_out(data<float>(kernel), outputs, kernel.size(1), 16 * begin, 16 * end, weights.numbers);
  });
}

at::Tensor ct::PairedWinogradConvolution::forward(const at::Tensor &x, const Finish<uint16_t> &finish, std::vector<Moments> *moments) const {
  const Geometry g(x, outputs);
  auto y = at::empty({g.images, g.outputs, x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
  if (moments) moments->resize(part_limit());
  parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
    const Scratch<uint16_t> v(g.scratch(64, g.inputs));
    const Scratch<float> m(g.scratch(64, 32));
    for (int64_t image = begin; image < end; image += g.tiles.images()) {
      const int64_t count = std::min(g.tiles.images(), end - image), out = image * g.area * g.outputs;
      auto here = finish;
      if (here.residual) here.residual += out;
      g.groups(64, count, [&](int64_t first, int64_t last) {
        paired_tile_kernels()->convolve(data<uint16_t>(x) + image * g.area * g.inputs, g.tiles, g.inputs, g.outputs, first, last, weights.numbers,
                                        data<uint16_t>(y) + out, here, v.numbers, m.numbers);
      });
      if (moments) (*moments)[part].add(data<uint16_t>(y) + out, count * g.area, g.outputs);
    }
  });
  return y;
}

void ct::PairedWinogradConvolution::backward(const Backward &from, int64_t, Gradients &to) {
  const auto &k = *paired_tile_kernels();
  const Geometry g(from.x, from.kernel.size(0));
  const auto *kernel = data<float>(from.kernel);
  const int64_t size = 16 * g.inputs * g.outputs;
  const Scratch<uint16_t> turned(to.dx.defined() ? size : 0);
  if (to.dx.defined())
    parallel(g.inputs / 16, 1, [&](int64_t, int64_t begin, int64_t end) {
      k.lay_out_turned(kernel, g.outputs, g.inputs, 16 * begin, 16 * end, turned.numbers);
    });
  std::vector<at::Tensor> parts(part_limit());
  parallel(g.images, 1, [&](int64_t part, int64_t begin, int64_t end) {
    const int64_t images = std::min(g.tiles.images(g.many()), end - begin);
    const Scratch<uint16_t> v(std::max(g.scratch(64, g.outputs), g.scratch(g.many(), g.inputs))), w(g.scratch(g.many(), g.outputs));
    const Scratch<float> gradient(images * g.area * g.outputs), m(g.scratch(64, 32));
    parts[part] = at::empty({size}, at::kFloat);
    bool fresh = true;
    for (int64_t image = begin; image < end; image += images) {
      const int64_t count = std::min(images, end - image), in = image * g.area * g.inputs, out = image * g.area * g.outputs;
      kernels<uint16_t>().gradient_wide(data<uint16_t>(from.dy) + out, from.relu ? data<uint16_t>(from.y) + out : nullptr, data<uint16_t>(from.middle) + out,
                                   from.by.scale.data(), from.by.slope.data(), from.by.offset.data(), g.outputs, 0, count * g.area, gradient.numbers,
                                   to.dresidual.defined() ? data<uint16_t>(to.dresidual) + out : nullptr, from.relu);
      if (to.dx.defined())
        g.groups(64, count, [&](int64_t first, int64_t last) {
          k.convolve_wide(gradient.numbers, g.tiles, g.outputs, g.inputs, first, last, turned.numbers, data<uint16_t>(to.dx) + in, {}, v.numbers, m.numbers);
        });
      g.groups(g.many(), count, [&](int64_t first, int64_t last) {
        k.add_products(data<uint16_t>(from.x) + in, gradient.numbers, g.tiles, g.inputs, g.outputs, first, last, fresh, data<float>(parts[part]), v.numbers, w.numbers);
        fresh = false;
      });
    }
  });
  std::vector<const float *> sums;
  for (const auto &part : parts)
    if (part.defined()) sums.push_back(data<float>(part));
  to.dkernel = at::empty_like(from.kernel);
  parallel(g.outputs / 16, 1, [&](int64_t, int64_t begin, int64_t end) {
    k.gather(sums.data(), static_cast<int64_t>(sums.size()), g.inputs, g.outputs, 16 * begin, 16 * end, data<float>(to.dkernel));
  });
}
