#include "clients/cpp/src/channel.h"

#include <cstdlib>

#include "clients/cpp/src/errors.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

constexpr char kDefaultAddress[] = "127.0.0.1:7440";
constexpr int kConnectTimeoutMs = 5'000;
constexpr int kKeepaliveTimeMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// A serialized pavane.v1.Error.
constexpr char kErrorMetadata[] = "pavane-error-bin";
// A message of deliveries may be larger than gRPC's default of 4 MiB.
constexpr int kReceiveBytesMax = 64 << 20;
// A batch comes in few frames, and the next one before the last is read.
constexpr int kFrameBytesMax = 256 << 10;
constexpr int kLookaheadBytes = 256 << 10;

}  // namespace

std::string ResolveAddress(const std::string& given) {
  if (!given.empty()) return given;
  const char* environment = std::getenv("PAVANE_GRPC_ADDRESS");
  return environment != nullptr && *environment != '\0' ? environment : kDefaultAddress;
}

std::shared_ptr<grpc::Channel> DialChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Also how long one try to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // A broker is a neighbour, not the web: an http_proxy of the environment is not meant for it.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kReceiveBytesMax);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kFrameBytesMax);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kLookaheadBytes);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

Error FromStatus(const grpc::Status& status, const grpc::ClientContext& context) {
  if (status.ok()) return {};
  const auto& metadata = context.GetServerTrailingMetadata();
  if (const auto it = metadata.find(kErrorMetadata); it != metadata.end()) {
    pavane::v1::Error error;
    if (error.ParseFromArray(it->second.data(), static_cast<int>(it->second.size()))) {
      return FromMessage(error);
    }
  }
  return MakeError(static_cast<int>(status.error_code()), status.error_message());
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
