#include "tests/bench/order_events.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace pavane::testing {
namespace {

constexpr size_t kDataBytes = 512;
constexpr size_t kOrders = 4096;

}  // namespace

std::string OrderJson(Random& random, uint64_t n, size_t bytes) {
  std::string json = absl::StrFormat(
      R"({"orderId":"ord-%012d","customer":{"id":"c-%d","tier":"%s"},"currency":"EUR","items":[)",
      n, random.Uniform(100'000), random.Uniform(2) == 0 ? "gold" : "silver");
  while (json.size() < bytes - 90) {
    absl::StrAppendFormat(&json, R"({"sku":"SKU-%d","quantity":%d,"price":%d.%02d},)",
                          random.Uniform(1'000'000), 1 + random.Uniform(9), random.Uniform(900),
                          random.Uniform(100));
  }
  absl::StrAppendFormat(&json, R"({"sku":"last"}],"trace":"%016x%016x"})", random.Uint64(),
                        random.Uint64());
  json.resize(bytes, ' ');
  return json;
}

OrderEvents::OrderEvents(uint64_t seed) : random_(seed) {
  for (size_t i = 0; i < kOrders; ++i) orders_.push_back(OrderJson(random_, i, kDataBytes));
}

event::StoredEvent OrderEvents::Next(BusId bus, Sequence sequence) {
  event::StoredEvent event;
  event.ref = {bus, sequence};
  event.id_hash = {random_.Uint64(), random_.Uint64()};
  event.dedup_hash = {random_.Uint64(), random_.Uint64()};
  event.correlation_hash = {random_.Uint64(), random_.Uint64()};
  event.matched_rules = 1;
  event.bytes = orders_[sequence.value() % kOrders];
  char id[16];
  std::snprintf(id, sizeof(id), "%012llu", static_cast<unsigned long long>(sequence.value()));
  event.bytes.replace(16, 12, id, 12);
  return event;
}

}  // namespace pavane::testing
