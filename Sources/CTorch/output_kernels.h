// Outputs of classifiers, a row at a time, in double. Included once for each instruction set, after measure_kernels.h.

/// exp(x) for x <= 0, to the last place or two; 0 below -708.
__attribute__((always_inline)) static inline v8d exponential(v8d x) {
  typedef int64_t v8l __attribute__((vector_size(64)));
  const v8l within = x > -708.0;
  x = (v8d)((v8l)x & within);
  // x = n ln 2 + r with |r| <= ln 2 / 2; n lies in the low bits of `shifted`.
  const v8d magic = v8d{} + 0x1.8p52, shifted = x * 0x1.71547652b82fep0 + magic, n = shifted - magic;
  const v8d r = (x - n * 0x1.62e42fefa0000p-1) - n * 0x1.cf79abc9e3b3ap-40;
  v8d sum = v8d{} + 1.0 / 6227020800;
  for (const double c : {1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    sum = sum * r + c;
  return (v8d)(((v8l)sum + ((v8l)shifted << 52)) & within);
}

/// y = scale z + offset, as doubles, to `y`; the largest, the place of the first one that large, and whether all are numbers (-infinity
/// counts as one where `infinite`).
struct Largest {
  double value;
  int64_t place;
  bool fits;
};

template <class T>
static Largest logits(const T *z, const double *scale, const double *offset, bool infinite, int64_t count, double *y) {
  typedef int64_t v8l __attribute__((vector_size(64)));
  const double infinity = __builtin_inf();
  v8d best = v8d{} - infinity, least = v8d{} + infinity;
  v8l at = {}, place = {0, 1, 2, 3, 4, 5, 6, 7};
  v8d check = {};
  int64_t k = 0;
  for (; k + 8 <= count; k += 8) {
    const v8d raw = load8(z + k), v = raw * load8(scale + k) + load8(offset + k);
    __builtin_memcpy(y + k, &v, sizeof v);
    const v8l better = v > best;
    best = (v8d)(((v8l)v & better) | ((v8l)best & ~better));
    at = (place & better) | (at & ~better);
    const v8l lower = raw < least;
    least = (v8d)(((v8l)raw & lower) | ((v8l)least & ~lower));
    check += v * 0.0;
    place += 8;
  }
  Largest found{-infinity, 0, true};
  double lowest = infinity;
  bool odd = false;
  if (k > 0)
    for (int i = 0; i < 8; ++i) {
      if (best[i] > found.value || (best[i] == found.value && at[i] < found.place)) found = {best[i], at[i], true};
      lowest = std::min(lowest, static_cast<double>(least[i]));
      odd |= check[i] != 0;
    }
  for (; k < count; ++k) {
    y[k] = z[k] * scale[k] + offset[k];
    if (y[k] > found.value) found = {y[k], k, true};
    lowest = std::min(lowest, static_cast<double>(z[k]));
    odd |= y[k] * 0.0 != 0;
  }
  // Only -infinity may have made the check odd, and only where it is allowed.
  found.fits = !odd;
  if (odd && infinite && std::isfinite(found.value)) {
    found.fits = true;
    for (int64_t i = 0; i < count; ++i) found.fits &= y[i] <= found.value;
  }
  return found;
}

/// p = exp(y - largest) in place; their sum.
static double exponentials(double *y, double largest, int64_t count) {
  v8d sum = {};
  int64_t k = 0;
  for (; k + 8 <= count; k += 8) {
    const v8d p = exponential(load8(y + k) - largest);
    __builtin_memcpy(y + k, &p, sizeof p);
    sum += p;
  }
  double all = total(sum);
  for (; k < count; ++k) all += y[k] = std::exp(y[k] - largest);
  return all;
}

/// The bin of p among equal widths: the last whose lower edge is at most p.
static int64_t bin_of(double p, const double *edges, int64_t bins) {
  int64_t bin = std::clamp<int64_t>(static_cast<int64_t>(p * bins), 0, bins - 1);
  if (bin > 0 && p < edges[bin]) --bin;
  if (bin < bins - 1 && p >= edges[bin + 1]) ++bin;
  return bin;
}

/// The figures of one row; false when it holds what it may not. `gaps` [bins][K]: p minus whether the class is the label, added up.
template <class T>
static bool output_row(const T *z, const OutputTask &task, int64_t label, double *p, OutputRow *row, double *gaps) {
  const int64_t count = task.classes;
  double normalizer = 1;
  if (task.kind == ct_outputs_probabilities) {
    double sum = 0;
    row->answer = 0;
    for (int64_t k = 0; k < count; ++k) {
      p[k] = z[k];
      if (!(p[k] >= 0 && p[k] <= 1 + task.slack)) return false;
      if (p[k] > p[row->answer]) row->answer = k;
      sum += p[k];
    }
    if (!(std::fabs(sum - 1) <= task.slack)) return false;
    row->confidence = std::min(p[row->answer], 1.0);
    row->log_label = std::log(p[label]);
  } else {
    const auto top = logits(z, task.scale, task.offset, task.kind == ct_outputs_log_probabilities, count, p);
    if (!top.fits) return false;
    row->answer = top.place;
    const double own = p[label], sum = exponentials(p, top.value, count);
    row->log_label = own - top.value - std::log(sum);
    row->confidence = 1 / sum;
    normalizer = 1 / sum;
  }
  // Nearly all of many classes lie in the first bin.
  const double edge = task.edges[1];
  v8d squares = {};
  double rest = 0;
  int64_t k = 0;
  const auto beyond = [&](int64_t class_, double v) { gaps[bin_of(v, task.edges, task.bins) * count + class_] += v; };
  for (; k + 8 <= count; k += 8) {
    typedef int64_t v8l __attribute__((vector_size(64)));
    const v8d v = load8(p + k) * normalizer;
    squares += v * v;
    const v8l first = v < edge;
    const v8d sums = load8(gaps + k) + (v8d)((v8l)v & first);
    __builtin_memcpy(gaps + k, &sums, sizeof sums);
    const auto all = first[0] & first[1] & first[2] & first[3] & first[4] & first[5] & first[6] & first[7];
    if (!all)
      for (int i = 0; i < 8; ++i)
        if (!first[i]) beyond(k + i, v[i]);
  }
  for (; k < count; ++k) {
    const double v = p[k] * normalizer;
    rest += v * v;
    beyond(k, v);
  }
  gaps[bin_of(p[label] * normalizer, task.edges, task.bins) * count + label] -= 1;
  const double of_label = p[label] * normalizer;
  row->brier = std::max(total(squares) + rest - 2 * of_label + 1, 0.0);
  return true;
}

/// Adds the row's share to the slopes of the mean negative log-likelihood; `gradient` [2][K], of scale and offset, may be null.
template <class T>
static bool output_slope(const T *z, const OutputTask &task, int64_t label, double *p, OutputSlopes *to, double *gradient) {
  const int64_t count = task.classes;
  const auto top = logits(z, task.scale, task.offset, task.kind == ct_outputs_log_probabilities, count, p);
  if (!top.fits) return false;
  double own = p[label] - top.value;
  double sum = 0, mean = 0, square = 0, plain = 0, widest = 0;
  const auto one = [&](int64_t k) {
    const double gap = p[k] - top.value;
    const double e = p[k] = gap > -708 ? std::exp(gap) : 0;
    sum += e;
    if (e > 0) {
      mean += e * gap;
      square += e * gap * gap;
    }
    plain += gap;
    widest = std::min(widest, gap);
  };
  v8d sums = {}, means = {}, s = {}, plains = {}, least = {};
  int64_t k = 0;
  for (; k + 8 <= count; k += 8) {
    typedef int64_t v8l __attribute__((vector_size(64)));
    const v8d gap = load8(p + k) - top.value, e = exponential(gap);
    __builtin_memcpy(p + k, &e, sizeof e);
    const v8d kept = (v8d)((v8l)gap & (e > 0.0));  // no 0 times infinity
    sums += e;
    means += e * kept;
    s += e * kept * kept;
    plains += gap;
    const v8l lower = gap < least;
    least = (v8d)(((v8l)gap & lower) | ((v8l)least & ~lower));
  }
  for (; k < count; ++k) one(k);
  sum += total(sums);
  mean += total(means);
  square += total(s);
  plain += total(plains);
  for (int i = 0; i < 8; ++i) widest = std::min(widest, static_cast<double>(least[i]));
  mean /= sum;
  to->nll += std::log(sum) - own;
  to->first += mean - own;
  to->second += std::max(square / sum - mean * mean, 0.0);
  to->uniform += plain / count - own;
  to->label_gap += own;
  to->widest = std::min(to->widest, widest);
  if (gradient) {
    const double factor = 1 / sum;
    for (int64_t k = 0; k < count; ++k) {
      const double share = p[k] * factor;
      gradient[k] += share * z[k];
      gradient[count + k] += share;
    }
    gradient[label] -= z[label];
    gradient[count + label] -= 1;
  }
  return true;
}

/// Adds the row's probabilities, and its logits, to `sums` [2][K]. The first class with the largest; -1 for a row that does not fit.
template <class T>
static int64_t output_mean(const T *z, const OutputTask &task, double *p, double *sums) {
  const int64_t count = task.classes;
  double *logit = sums + count;
  if (task.kind == ct_outputs_probabilities) {
    double sum = 0;
    int64_t best = 0;
    for (int64_t k = 0; k < count; ++k) {
      if (!(z[k] >= 0 && z[k] <= 1 + task.slack)) return -1;
      if (z[k] > z[best]) best = k;
      sum += z[k];
      sums[k] += z[k];
      logit[k] += std::log(static_cast<double>(z[k]));
    }
    return std::fabs(sum - 1) <= task.slack ? best : -1;
  }
  const auto top = logits(z, task.scale, task.offset, false, count, p);
  if (!top.fits) return -1;
  for (int64_t k = 0; k < count; ++k) logit[k] += p[k];
  const double factor = 1 / exponentials(p, top.value, count);
  for (int64_t k = 0; k < count; ++k) sums[k] += p[k] * factor;
  return top.place;
}

/// The first of the largest numbers of a row.
static int64_t output_largest(const double *z, const OutputTask &task, double *p) { return logits(z, task.scale, task.offset, true, task.classes, p).place; }

static OutputKernels output_table() {
  return {output_row<float>, output_row<double>, output_slope<float>, output_slope<double>, output_mean<float>, output_mean<double>, output_largest};
}
