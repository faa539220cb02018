// Who of a group is still there.
#include <algorithm>
#include <sstream>

#include "process_group.h"

using namespace ct;
using namespace std::chrono_literals;

namespace {

std::string text(const std::vector<uint8_t> &bytes) { return {bytes.begin(), bytes.end()}; }

std::string ranks(const std::vector<int> &numbers) {
  std::string words = numbers.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < numbers.size(); ++i) words += (i ? ", " : "") + std::to_string(numbers[i]);
  return words;
}

constexpr const char *failure_key = "failure";

}  // namespace

Presence::Presence(c10::intrusive_ptr<c10d::Store> store, int rank, int size, Milliseconds timeout)
    : store_(std::move(store)), rank_(rank), size_(size),
      limit_(std::clamp(timeout / 8, Milliseconds(500), Milliseconds(5000))), interval_(limit_ / 10),
      peers_(static_cast<size_t>(size)) {
  store_->set("size/" + std::to_string(rank), std::to_string(size));
  show();
  const auto deadline = Clock::now() + timeout;
  std::string refusal;
  for (std::vector<int> absent{rank}; refusal.empty() && !absent.empty(); std::this_thread::sleep_for(20ms)) {
    absent.clear();
    for (int peer = 0; peer < size; ++peer) {
      if (!store_->check({key(peer)})) absent.push_back(peer);
    }
    if (store_->check({failure_key})) {
      throw NoContact(text(store_->get(failure_key)));
    } else if (!absent.empty() && Clock::now() > deadline) {
      refusal = ranks(absent) + " of " + std::to_string(size) + " did not come within " +
                std::to_string(timeout.count()) + " ms";
    }
  }
  // A rank that was told another size would wait for others, or not be waited for.
  for (int peer = 0; peer < size && refusal.empty(); ++peer) {
    const auto other = text(store_->get("size/" + std::to_string(peer)));
    if (other != std::to_string(size)) {
      refusal = "rank " + std::to_string(peer) + " was started as one of " + other + ", rank " + std::to_string(rank) +
                " as one of " + std::to_string(size);
    }
  }
  if (!refusal.empty()) {
    tell(refusal);
    throw NoContact(refusal);
  }
  looked_ = Clock::now();
  for (auto &peer : peers_) peer.changed = looked_;
}

void Presence::show() {
  std::ostringstream line;
  {
    std::lock_guard lock(mutex_);
    line << ++beat_ << ' ' << (stopping_ ? "left" : "here") << ' ' << number_ << ' ' << operation_;
  }
  store_->set(key(rank_), line.str());
}

void Presence::look() {
  std::vector<std::string> keys;
  for (int peer = 0; peer < size_; ++peer) keys.push_back(key(peer));
  const auto lines = store_->multiGet(keys);
  const auto told = store_->check({failure_key}) ? text(store_->get(failure_key)) : "";
  std::lock_guard lock(mutex_);
  looked_ = Clock::now();
  told_ = told;
  for (size_t peer = 0; peer < lines.size(); ++peer) {
    std::istringstream line(text(lines[peer]));
    std::string beat, state;
    auto &known = peers_[peer];
    line >> beat >> state >> known.number >> std::ws;
    std::getline(line, known.operation);
    known.left = state == "left";
    if (beat != known.beat) known.changed = looked_;
    known.beat = beat;
  }
}

void Presence::start(const std::shared_ptr<Presence> &presence) {
  presence->thread_ = std::thread([presence] { presence->run(); });
}

void Presence::run() {
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, interval_, [&] { return stopping_; });
      last = stopping_;
    }
    try {
      show();
      if (!last) look();
    } catch (...) {
      break;  // The store is gone; `looked_` tells.
    }
  }
  std::lock_guard lock(mutex_);
  finished_ = true;
  wake_.notify_all();
}

void Presence::stop() {
  if (!thread_.joinable()) return;
  bool finished = false;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
    finished = wake_.wait_for(lock, limit_, [&] { return finished_; });
  }
  // A call to a store whose process was stopped has no timeout.
  finished ? thread_.join() : thread_.detach();
}

void Presence::enter(const std::string &operation, int64_t number) {
  std::lock_guard lock(mutex_);
  operation_ = operation;
  number_ = number;
}

/// Those that have shown nothing for too long; called with the lock held.
std::string Presence::silent() const {
  const auto now = Clock::now();
  if (now - looked_ > limit_) return rank_ == 0 ? "" : "rank 0 (or who else holds the store) does not answer";
  std::vector<int> gone, left;
  for (int peer = 0; peer < size_; ++peer) {
    if (peer == rank_) continue;
    const auto &known = peers_[static_cast<size_t>(peer)];
    if (known.left) left.push_back(peer);
    else if (now - known.changed > limit_) gone.push_back(peer);
  }
  std::string words;
  if (!gone.empty()) words = ranks(gone) + (gone.size() == 1 ? " does" : " do") + " not answer (ended or stopped)";
  if (!left.empty()) words += (words.empty() ? "" : "; ") + ranks(left) + " left the group";
  return words;
}

/// Those that are there but have not come this far; called with the lock held.
std::string Presence::elsewhere(const std::string &operation, int64_t number) const {
  std::string words;
  for (int peer = 0; peer < size_; ++peer) {
    const auto &known = peers_[static_cast<size_t>(peer)];
    const bool behind = known.number < number;
    if (peer == rank_ || !(behind || (known.number == number && known.operation != operation))) continue;
    words += (words.empty() ? "" : "; ") + ranks({peer}) + (behind ? " is still at " : " is in ") + known.operation +
             " (operation " + std::to_string(known.number) + ")";
  }
  return words;
}

std::string Presence::missing(const std::string &operation, int64_t number) {
  // A broken connection is noticed at once, a silence only after the limit.
  const auto deadline = Clock::now() + limit_ + 3 * interval_;
  std::string words;
  bool heard = false, again = false;
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      heard = !told_.empty();
      words = heard ? told_ : silent();
      if (heard || (again && !words.empty())) break;
      if (words.empty() && Clock::now() > deadline) {
        words = elsewhere(operation, number);
        break;
      }
      // Twice, as this process may itself just have been kept waiting.
      again = !words.empty();
    }
    std::this_thread::sleep_for(again ? 2 * interval_ : interval_ / 4);
  }
  if (heard || words.empty()) return words;
  // Told to the others, who would otherwise take this rank's end, which follows, for the cause. Through a store that no
  // longer answers nothing can be told.
  {
    std::lock_guard lock(mutex_);
    if (finished_ || Clock::now() - looked_ > limit_) return words;
  }
  tell(words);
  return words;
}

void Presence::tell(const std::string &words) {
  try {
    store_->set(failure_key, words);
  } catch (...) {
    return;  // Who holds the store is gone.
  }
  // Rank 0 may hold the store: it stays until the others have looked.
  if (rank_ == 0) std::this_thread::sleep_for(3 * interval_);
}
