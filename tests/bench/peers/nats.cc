// NATS JetStream, one replica in files: asynchronous publishes with 4,096 pending, a push consumer
// that acks every message.
#include <atomic>
#include <string>

#include <nats/nats.h>

#include "tests/bench/broker/tally.h"
#include "tests/bench/broker/workload.h"
#include "tests/bench/peers/peer.h"

namespace pavane::bench {
namespace {

constexpr char kStream[] = "ORDERS";
constexpr char kSubject[] = "orders.all";
constexpr int64_t kPendingMax = 4'096;
constexpr int64_t kAckPendingMax = 20'000;
constexpr int64_t kWaitMs = 60'000;

void Check(natsStatus status, const char* what) {
  if (status != NATS_OK) PeerFailed(std::string(what) + ": " + natsStatus_GetText(status));
}

std::atomic<uint64_t> refused = 0;

natsConnection* Connect(const PeerCommand& command) {
  natsOptions* options = nullptr;
  Check(natsOptions_Create(&options), "options");
  natsOptions_SetURL(options, ("nats://" + command.address).c_str());
  natsOptions_SetMaxPendingMsgs(options, 10'000'000);
  natsOptions_SetIOBufSize(options, 1 << 20);
  // Otherwise a paced publish waits for the library's flush timer.
  if (command.rate > 0) natsOptions_SetSendAsap(options, true);
  natsConnection* connection = nullptr;
  Check(natsConnection_Connect(&connection, options), "connect");
  natsOptions_Destroy(options);
  return connection;
}

void Setup(jsCtx* context) {
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  const char* subjects[] = {"orders.>"};
  config.Name = kStream;
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.Storage = js_FileStorage;
  config.Replicas = 1;
  jsErrCode code;
  Check(js_AddStream(nullptr, context, &config, nullptr, &code), "stream");
}

void Produce(jsCtx* context, const PeerCommand& command) {
  Orders orders;
  const Pace pace(command.rate);
  const double cpu_start = CpuSeconds();
  const uint64_t start_ns = NowNs();
  for (uint64_t i = 0; i < command.count; ++i) {
    const std::string_view data = orders.Data(i, pace.Await(i));
    Check(js_PublishAsync(context, kSubject, data.data(), static_cast<int>(data.size()), nullptr),
          "publish");
  }
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = kWaitMs;
  Check(js_PublishAsyncComplete(context, &options), "publish");
  if (refused > 0) PeerFailed("publishes were refused");
  PrintProduced(start_ns, cpu_start);
}

void Consume(natsConnection* connection, jsCtx* context, const PeerCommand& command) {
  jsSubOptions options;
  jsSubOptions_Init(&options);
  const std::string durable = "group" + std::to_string(command.group);
  options.Config.Durable = durable.c_str();
  options.Config.AckPolicy = js_AckExplicit;
  options.Config.DeliverPolicy = js_DeliverAll;
  options.Config.MaxAckPending = kAckPendingMax;
  options.Config.AckWait = kWaitMs * 1'000'000;
  options.ManualAck = true;
  natsSubscription* subscription = nullptr;
  jsErrCode code;
  Check(js_SubscribeSync(&subscription, context, kSubject, nullptr, &options, &code), "subscribe");
  natsSubscription_SetPendingLimits(subscription, -1, -1);
  Tally tally(command.count);
  PrintReady();
  for (bool done = false; !done;) {
    natsMsg* message = nullptr;
    Check(natsSubscription_NextMsg(&message, subscription, kWaitMs), "next");
    done = tally.Count(
        {natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))});
    Check(natsMsg_Ack(message, nullptr), "ack");
    natsMsg_Destroy(message);
  }
  Check(natsConnection_FlushTimeout(connection, kWaitMs), "flush");
  tally.Print(NowNs());
  natsSubscription_Destroy(subscription);
}

int Main(const PeerCommand& command) {
  natsConnection* connection = Connect(command);
  jsOptions options;
  jsOptions_Init(&options);
  options.PublishAsync.MaxPending = kPendingMax;
  options.PublishAsync.StallWait = kWaitMs;
  options.PublishAsync.ErrHandler = [](jsCtx*, jsPubAckErr*, void*) { ++refused; };
  jsCtx* context = nullptr;
  Check(natsConnection_JetStream(&context, connection, &options), "jetstream");
  if (command.role == "setup") Setup(context);
  if (command.role == "produce") Produce(context, command);
  if (command.role == "consume") Consume(connection, context, command);
  jsCtx_Destroy(context);
  natsConnection_Destroy(connection);
  nats_Close();
  return 0;
}

}  // namespace
}  // namespace pavane::bench

int main(int argc, char** argv) {
  return pavane::bench::Main(pavane::bench::ReadPeerCommand(argc, argv));
}
