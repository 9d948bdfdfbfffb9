#include "rpc/rpc_server.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

#include "base/log.h"
#include "rpc/bus_admin_service.h"
#include "rpc/dead_letter_admin_service.h"
#include "rpc/event_admin_service.h"
#include "rpc/grpc_status.h"
#include "rpc/publisher_service.h"
#include "rpc/rule_admin_service.h"
#include "rpc/service_admin_service.h"
#include "rpc/subscriber_service.h"
#include "rpc/system_admin_service.h"

namespace pavane::rpc {
namespace {

// A dead client is noticed after about 30 s without traffic.
constexpr int kKeepaliveMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kClientPingIntervalMinMs = 5'000;
constexpr int kFrameBytesMax = 256 << 10;
constexpr int kLookaheadBytes = 256 << 10;

void SetChannelArguments(grpc::ServerBuilder& builder, size_t message_bytes_max) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(message_bytes_max));
  builder.SetMaxSendMessageSize(static_cast<int>(message_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kClientPingIntervalMinMs);
  // A batch comes in few frames, and the next one before the last is read.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kFrameBytesMax);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kLookaheadBytes);
  // A second broker must not listen on the same port unnoticed.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

// gRPC's own lines are for debugging gRPC; what matters of them is in our statuses.
void LogGrpcLine(gpr_log_func_args* args) { LOG_DEBUG("grpc: {}", args->message); }

// Whether somebody listens on a Unix socket. gRPC would take the path from them without a word, as
// it rightly does with the file that a killed broker left.
bool IsTakenUnixSocket(absl::string_view address) {
  sockaddr_un to = {};
  to.sun_family = AF_UNIX;
  if (!absl::ConsumePrefix(&address, "unix:") || address.size() >= sizeof(to.sun_path)) {
    return false;
  }
  address.copy(to.sun_path, address.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool connected = connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  // Its queue is full, or it is a socket of another kind: somebody's all the same.
  const bool taken = connected || errno == EAGAIN || errno == EPROTOTYPE;
  close(fd);
  return taken;
}

absl::Status CannotListen(absl::string_view address) {
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", address, ": is another program using the address?"));
}

// "host:port" with the port in use.
std::string WithPort(const std::string& address, int port) {
  if (absl::StartsWith(address, "unix:")) return address;
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
}

constexpr size_t kMethodBytesShownMax = 256;

// Every method that no service has: gRPC refuses it without a word.
class UnknownMethods : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    class Refusal : public grpc::ServerGenericBidiReactor {
     public:
      explicit Refusal(const grpc::Status& status) { Finish(status); }
      void OnDone() override { delete this; }
    };
    return new Refusal(
        ToGrpcStatus(absl::UnimplementedError(absl::StrCat(
                         "this broker has no method '",
                         absl::CHexEscape(context->method().substr(0, kMethodBytesShownMax)), "'")),
                     context));
  }
};

}  // namespace

class RpcServer::Services {
 public:
  Services(ingress::Publisher& publisher, SubscriberContext& subscriber, AdminContext& admin)
      : publisher_(publisher),
        subscriber_(subscriber),
        buses_(admin),
        rules_(admin),
        dead_letters_(admin),
        events_(admin),
        services_(admin),
        system_(admin) {}

  void Register(grpc::ServerBuilder& builder) {
    builder.RegisterService(&publisher_);
    builder.RegisterService(&subscriber_);
    builder.RegisterService(&buses_);
    builder.RegisterService(&rules_);
    builder.RegisterService(&dead_letters_);
    builder.RegisterService(&events_);
    builder.RegisterService(&services_);
    builder.RegisterService(&system_);
    builder.RegisterCallbackGenericService(&unknown_);
  }

 private:
  PublisherService publisher_;
  SubscriberService subscriber_;
  BusAdminService buses_;
  RuleAdminService rules_;
  DeadLetterAdminService dead_letters_;
  EventAdminService events_;
  ServiceAdminService services_;
  SystemAdminService system_;
  UnknownMethods unknown_;
};

RpcServer::RpcServer(ServiceHealth& health, std::unique_ptr<Services> services)
    : health_(health), services_(std::move(services)) {}

RpcServer::~RpcServer() { Stop(absl::Now()); }

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(const Options& options,
                                                            ingress::Publisher& publisher,
                                                            SubscriberContext& subscriber,
                                                            AdminContext& admin) {
  gpr_set_log_function(LogGrpcLine);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto started = std::unique_ptr<RpcServer>(
      new RpcServer(subscriber.health, std::make_unique<Services>(publisher, subscriber, admin)));
  grpc::ServerBuilder builder;
  SetChannelArguments(builder, options.message_bytes_max);
  std::vector<int> ports(options.listen.size(), 0);
  for (size_t i = 0; i < options.listen.size(); ++i) {
    if (IsTakenUnixSocket(options.listen[i])) return CannotListen(options.listen[i]);
    builder.AddListeningPort(options.listen[i], grpc::InsecureServerCredentials(), &ports[i]);
  }
  started->services_->Register(builder);
  started->server_ = builder.BuildAndStart();
  for (size_t i = 0; i < options.listen.size(); ++i) {
    // A Unix socket has no port; gRPC says 1.
    if (started->server_ == nullptr || ports[i] == 0) {
      return CannotListen(options.listen[i]);
    }
    started->addresses_.push_back(WithPort(options.listen[i], ports[i]));
  }
  started->health_.Start(started->server_->GetHealthCheckService());
  return started;
}

void RpcServer::Stop(absl::Time deadline) {
  if (server_ == nullptr) return;
  health_.Detach();
  server_->Shutdown(absl::ToChronoTime(deadline));
  server_->Wait();
  server_.reset();
}

}  // namespace pavane::rpc
