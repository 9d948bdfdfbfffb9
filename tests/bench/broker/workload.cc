#include "tests/bench/broker/workload.h"

#include <sys/resource.h>
#include <time.h>

#include <cstdio>
#include <cstring>
#include <random>

#include <lz4.h>

namespace pavane::bench {
namespace {

// After so many the orders come again, with another number; far more than any block or window.
constexpr size_t kOrders = 1 << 16;
constexpr char kHead[] =
    R"({"made":"0000000000000000","number":"0000000000000000","shelf":"s000",)";
constexpr size_t kMadeAt = 9;
constexpr size_t kNumberAt = 37;
constexpr size_t kShelfAt = 65;
constexpr size_t kHexDigits = 16;

const char* const kTypes[] = {"Order Placed",   "Order Paid",    "Order Packed", "Order Shipped",
                              "Order Returned", "Refund Issued", "Stock Low",    "Review Posted"};

void WriteHex(uint64_t value, char* out) {
  for (size_t i = kHexDigits; i-- > 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
}

uint64_t ReadHex(const char* text) {
  uint64_t value = 0;
  for (size_t i = 0; i < kHexDigits; ++i) {
    const char c = text[i];
    value = value << 4 | static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return value;
}

class OrderMaker {
 public:
  std::string Make() {
    std::string text = kHead;
    Add(text, R"("order-id":"o-%07u","customer":{"id":"c%06u","tier":"%s",)", Below(10'000'000),
        Below(1'000'000), Pick({"gold", "silver", "bronze", "none"}));
    Add(text, R"("email":"user%05u@%s.example"},"total":%u.%02u,"currency":"%s","country":"%s",)",
        Below(100'000), Pick({"mail", "post", "inbox", "corp"}), Below(900), Below(100),
        Pick({"EUR", "USD", "GBP", "INR", "BRL", "JPY", "SEK"}),
        Pick({"NL", "DE", "FR", "BE", "US", "GB", "IN", "BR", "JP", "SE"}));
    Add(text, R"("ip":"10.%u.%u.%u","path":"/shop/%s/%u/checkout.%s","items":[)", Below(256),
        Below(256), Below(256), Pick({"web", "app", "pos"}), Below(1'000),
        Pick({"html", "json", "php"}));
    AddItem(text);
    for (unsigned items = Below(3); items > 0 && text.size() + 90 < kDataBytes; --items) {
      text += ",";
      AddItem(text);
    }
    text += R"(],"note":")";
    while (text.size() + 2 < kDataBytes) text += static_cast<char>('a' + Below(26));
    return text + "\"}";
  }

 private:
  unsigned Below(unsigned bound) { return random_() % bound; }
  const char* Pick(std::initializer_list<const char*> from) {
    return from.begin()[Below(static_cast<unsigned>(from.size()))];
  }
  template <typename... Values>
  static void Add(std::string& text, const char* format, Values... values) {
    char line[256];
    text.append(line, static_cast<size_t>(std::snprintf(line, sizeof line, format, values...)));
  }
  void AddItem(std::string& text) {
    Add(text, R"({"sku":"SKU-%c%c-%05u","qty":%u,"price":%u.%02u,"gift":%s})", "ABCDEFGH"[Below(8)],
        "KLMNPQ"[Below(6)], Below(100'000), 1 + Below(5), 1 + Below(199), Below(100),
        Below(10) == 0 ? "true" : "false");
  }

  std::mt19937 random_{71};  // the same orders in every process
};

}  // namespace

Orders::Orders() {
  OrderMaker maker;
  orders_.reserve(kOrders);
  for (size_t i = 0; i < kOrders; ++i) orders_.push_back(maker.Make());
  for (int i = 0; i < 200; ++i) {
    char source[32];
    std::snprintf(source, sizeof source, "com.shop%03d.orders", i);
    sources_.emplace_back(source);
  }
}

std::string_view Orders::Data(uint64_t number, uint64_t made_ns) {
  std::string& order = orders_[number % kOrders];
  WriteHex(made_ns, &order[kMadeAt]);
  WriteHex(number, &order[kNumberAt]);
  const auto shelf = static_cast<unsigned>(number % kRules);
  order[kShelfAt] = static_cast<char>('0' + shelf / 100);
  order[kShelfAt + 1] = static_cast<char>('0' + shelf / 10 % 10);
  order[kShelfAt + 2] = static_cast<char>('0' + shelf % 10);
  return order;
}

const std::string& Orders::Source(uint64_t number) const {
  return sources_[number * 7 % sources_.size()];
}

const std::string& Orders::Type(uint64_t number) const {
  static const std::vector<std::string> types(std::begin(kTypes), std::end(kTypes));
  return types[number % types.size()];
}

uint64_t NumberOf(std::string_view data) {
  return data.size() == kDataBytes ? ReadHex(data.data() + kNumberAt) : 0;
}

uint64_t MadeNsOf(std::string_view data) {
  return data.size() == kDataBytes ? ReadHex(data.data() + kMadeAt) : 0;
}

double Lz4Ratio() {
  constexpr size_t kBlock = 64 << 10;
  Orders orders;
  size_t before = 0;
  size_t after = 0;
  std::string block;
  std::vector<char> compressed(static_cast<size_t>(LZ4_compressBound(kBlock)));
  for (uint64_t number = 0; number < 8'192; ++number) {
    block += orders.Data(number, NowNs());
    if (block.size() < kBlock) continue;
    before += block.size();
    after += static_cast<size_t>(LZ4_compress_default(block.data(), compressed.data(),
                                                      static_cast<int>(block.size()),
                                                      static_cast<int>(compressed.size())));
    block.clear();
  }
  return static_cast<double>(before) / static_cast<double>(after);
}

uint64_t NowNs() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

double CpuSeconds() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

uint64_t Pace::Await(uint64_t number) const {
  constexpr uint64_t kSpinNs = 60'000;
  if (step_ns_ == 0) return NowNs();
  const uint64_t due = start_ns_ + static_cast<uint64_t>(static_cast<double>(number) * step_ns_);
  uint64_t now = NowNs();
  if (due > now + kSpinNs) {
    const uint64_t left = due - now - kSpinNs;
    const timespec sleep{static_cast<time_t>(left / 1'000'000'000),
                         static_cast<long>(left % 1'000'000'000)};
    ::nanosleep(&sleep, nullptr);
  }
  while (now < due) now = NowNs();
  return due;
}

}  // namespace pavane::bench
