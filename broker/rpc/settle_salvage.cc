#include "rpc/settle_salvage.h"

#include <utility>
#include <vector>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

#include "event/reason.h"
#include "pavane/v1/subscriber.pb.h"
#include "rpc/wire.h"

namespace pavane::rpc {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using pavane::v1::Settlement;
using pavane::v1::SubscribeRequest;

// The values of a field of bytes, text or messages, as far as `message` can be read.
std::vector<std::string> ValuesOf(const std::string& message, int field) {
  std::vector<std::string> values;
  CodedInputStream input(reinterpret_cast<const uint8_t*>(message.data()),
                         static_cast<int>(message.size()));
  while (const uint32_t tag = input.ReadTag()) {
    std::string value;
    const bool wanted =
        tag == WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
    if (!(wanted ? WireFormatLite::ReadBytes(&input, &value)
                 : WireFormatLite::SkipField(&input, tag))) {
      break;
    }
    if (wanted) values.push_back(std::move(value));
  }
  return values;
}

// The last value of a field that is there once, if there is one.
std::string ValueOf(const std::string& message, int field) {
  std::vector<std::string> values = ValuesOf(message, field);
  return values.empty() ? std::string() : std::move(values.back());
}

}  // namespace

SettleSalvage SalvageSettlements(const std::string& bytes) {
  const std::string settle = ValueOf(bytes, SubscribeRequest::kSettleFieldNumber);
  SettleSalvage salvage;
  for (const std::string& text :
       ValuesOf(settle, SubscribeRequest::Settle::kSettlementsFieldNumber)) {
    Settlement settlement;
    if (settlement.ParseFromString(text)) {
      *salvage.good.Add() = std::move(settlement);
      continue;
    }
    pavane::v1::SettleResult& result = salvage.refused.emplace_back();
    result.set_delivery_id(ValueOf(text, Settlement::kDeliveryIdFieldNumber));
    *result.mutable_error() = event::ToError(Diagnose(text, *Settlement::descriptor()));
  }
  return salvage;
}

}  // namespace pavane::rpc
