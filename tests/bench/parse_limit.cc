#include "tests/bench/parse_limit.h"

#include <string_view>

#include "simdjson.h"

namespace pavane::bench {
namespace {

using simdjson::ondemand::json_type;

simdjson::ondemand::parser& Parser() {
  static thread_local simdjson::ondemand::parser parser;
  return parser;
}

simdjson::padded_string_view Padded(absl::string_view json) {
  return simdjson::padded_string_view(json.data(), json.size(), json.size() + 64);
}

uint64_t WalkRaw(simdjson::ondemand::value value) {
  uint64_t sum = 0;
  switch (value.type()) {
    case json_type::object:
      for (auto field : value.get_object()) {
        sum += field.key().value_unsafe().raw()[0];
        sum += WalkRaw(field.value());
      }
      break;
    case json_type::array:
      for (auto element : value.get_array()) sum += WalkRaw(element.value_unsafe());
      break;
    default:
      sum += value.raw_json_token().size();
  }
  return sum;
}

uint64_t WalkDecoded(simdjson::ondemand::value value) {
  uint64_t sum = 0;
  switch (value.type()) {
    case json_type::object:
      for (auto field : value.get_object()) {
        sum += field.unescaped_key().value_unsafe().size();
        sum += WalkDecoded(field.value());
      }
      break;
    case json_type::array:
      for (auto element : value.get_array()) sum += WalkDecoded(element.value_unsafe());
      break;
    case json_type::string:
      sum += value.get_string().value_unsafe().size();
      break;
    case json_type::number:
      sum += static_cast<uint64_t>(static_cast<int64_t>(value.get_double().value_unsafe()));
      break;
    default:
      sum += value.raw_json_token().size();
  }
  return sum;
}

}  // namespace

uint64_t ParseOneField(absl::string_view json, absl::string_view first, absl::string_view second) {
  auto document = Parser().iterate(Padded(json));
  auto text = document[std::string_view(first.data(), first.size())]
                      [std::string_view(second.data(), second.size())]
                          .get_string();
  return text.error() ? 0 : text.value_unsafe().size();
}

uint64_t ParseEveryLeafRaw(absl::string_view json) {
  auto document = Parser().iterate(Padded(json));
  uint64_t sum = 0;
  for (auto field : document.get_object()) {
    sum += field.key().value_unsafe().raw()[0];
    sum += WalkRaw(field.value());
  }
  return sum;
}

uint64_t ParseEveryLeafDecoded(absl::string_view json) {
  auto document = Parser().iterate(Padded(json));
  uint64_t sum = 0;
  for (auto field : document.get_object()) {
    sum += field.unescaped_key().value_unsafe().size();
    sum += WalkDecoded(field.value());
  }
  return sum;
}

}  // namespace pavane::bench
