// The best of many scores.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

namespace ct {

/// A row's best so far, of some more than it keeps: cut back when it is full, so that most scores cost one comparison. Higher score
/// first, then lower index; indices are below `most`.
class Best {
 public:
  static constexpr int64_t most = int64_t{1} << 32;

  explicit Best(int64_t k) : k_(static_cast<size_t>(k)) { items_.reserve(2 * k_ + lanes); }

  void start(const float *values, const int64_t *indices) {
    items_.clear();
    least_ = -std::numeric_limits<float>::infinity();
    for (size_t j = 0; j < k_; ++j)
      if (indices[j] >= 0) items_.push_back(item(values[j], indices[j]));
    if (items_.size() == k_ && k_ > 0) least_ = score(*std::min_element(items_.begin(), items_.end()));
  }

  /// Scores of the columns from `offset` on.
  void take(const float *scores, int64_t n, int64_t offset) {
    if (k_ == 0) return;
    int64_t j = 0;
    for (; j + lanes <= n; j += lanes) {
      bool any = false;
      for (int64_t i = 0; i < lanes; ++i) any |= scores[j + i] >= least_;
      if (any) some(scores + j, lanes, offset + j);
    }
    some(scores + j, n - j, offset + j);
  }

  /// Writes the best, in order where that is asked for.
  void finish(float *values, int64_t *indices, bool ordered) {
    if (ordered)
      std::sort(items_.begin(), items_.end(), std::greater<uint64_t>());
    else if (items_.size() > k_)
      cut();
    for (size_t j = 0; j < k_; ++j) {
      const bool is_there = j < items_.size();
      values[j] = is_there ? score(items_[j]) : -std::numeric_limits<float>::infinity();
      indices[j] = is_there ? static_cast<int64_t>(~static_cast<uint32_t>(items_[j])) & (most - 1) : -1;
    }
  }

 private:
  static constexpr int64_t lanes = 16;
  static constexpr uint32_t sign = 0x80000000u;

  /// A score and its index as one number, the better the greater. Scores of -0 are 0.
  static uint64_t item(float score, int64_t index) {
    const float plain = score + 0.0f;
    uint32_t bits;
    std::memcpy(&bits, &plain, 4);
    bits ^= bits & sign ? ~uint32_t{0} : sign;
    return uint64_t{bits} << 32 | static_cast<uint32_t>(~index);
  }
  static float score(uint64_t item) {
    auto bits = static_cast<uint32_t>(item >> 32);
    bits ^= bits & sign ? sign : ~uint32_t{0};
    float result;
    std::memcpy(&result, &bits, 4);
    return result;
  }

  void cut() {
    std::nth_element(items_.begin(), items_.begin() + static_cast<int64_t>(k_ - 1), items_.end(), std::greater<uint64_t>());
    items_.resize(k_);
    least_ = score(items_.back());
  }

  void some(const float *scores, int64_t n, int64_t offset) {
    for (int64_t i = 0; i < n; ++i)
      if (scores[i] >= least_) items_.push_back(item(scores[i], offset + i));  // no NaN
    if (items_.size() >= 2 * k_) cut();
  }

  const size_t k_;
  float least_ = 0;
  std::vector<uint64_t> items_;
};

}  // namespace ct
