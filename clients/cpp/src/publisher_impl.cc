#include "clients/cpp/src/publisher_impl.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_method.h>

#include "clients/cpp/src/channel.h"
#include "clients/cpp/src/errors.h"
#include "clients/cpp/src/utf8.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

constexpr char kMethod[] = "/pavane.v1.PublisherService/PublishStream";

// The wire's limit for one request, less what surrounds the event.
constexpr size_t kEventBytesMax = (4 << 20) - 1024;

// The publisher whose callback runs on this thread: there a full queue must fail, since the thread
// that would make room is this one.
thread_local const void* in_callback_of = nullptr;

PublisherOptions Checked(PublisherOptions options) {
  if (!options.logger) options.logger = StderrLogger();
  options.queue_events_max = std::max<size_t>(options.queue_events_max, 1);
  options.batch_events_max = std::clamp<size_t>(options.batch_events_max, 1, 1'000);
  options.requests_in_flight_max = std::max<size_t>(options.requests_in_flight_max, 1);
  return options;
}

Error QueueFull() {
  Error error = MakeError(kResourceExhausted, "the publisher's queue is full");
  error.reason = pavane::v1::OVERLOADED;
  return error;
}

// What can be known to fail is refused before it is taken.
Error Check(const pavane::v1::PublishEntry& entry, size_t bytes) {
  if (bytes > kEventBytesMax) {
    Error error = MakeError(kInvalidArgument, "the event has " + std::to_string(bytes) +
                                                  " bytes; a request takes at most " +
                                                  std::to_string(kEventBytesMax));
    error.reason = pavane::v1::EVENT_TOO_LARGE;
    return error;
  }
  return CheckText(entry);
}

}  // namespace

PublisherImpl::PublisherImpl(PublisherOptions options, Clock& clock)
    : options_(Checked(std::move(options))),
      address_(ResolveAddress(options_.address)),
      clock_(clock),
      queue_(options_),
      backoff_(options_.backoff_initial, options_.backoff_max),
      loop_([this] { Loop(); }) {}

PublisherImpl::~PublisherImpl() {
  {
    const std::lock_guard<std::mutex> lock(mu_);
    stopping_ = true;
    loop_wake_.notify_all();
    writer_wake_.notify_all();
    room_.notify_all();
  }
  loop_.join();
}

pavane::v1::PublishEntry PublisherImpl::MakeEntry(PublishEntry entry) const {
  entry.event.EnsureId();
  if (entry.event.source().empty()) entry.event.SetSource(options_.source);
  pavane::v1::PublishEntry message;
  *message.mutable_event() = std::move(entry.event.mutable_message());
  message.set_bus(entry.bus.empty() ? options_.bus : std::move(entry.bus));
  message.set_dedup_key(std::move(entry.dedup_key));
  return message;
}

void PublisherImpl::Publish(PublishEntry entry, PublishCallback callback) {
  PendingEvent event;
  const pavane::v1::PublishEntry message = MakeEntry(std::move(entry));
  event.bytes = message.ByteSizeLong();
  event.callback = std::move(callback);

  Error error = Check(message, event.bytes);
  if (error.ok()) event.entry = message.SerializeAsString();
  std::unique_lock<std::mutex> lock(mu_);
  if (error.ok()) error = Reserve(lock, event.bytes);
  if (!error.ok()) {
    lock.unlock();
    PublishResult result;
    result.event_id = message.event().id();
    result.error = std::move(error);
    if (event.callback) event.callback(result);
    return;
  }
  // Taken now, not when it came: deadlines in the queue rise.
  event.deadline = clock_.Now() + options_.deadline;
  ++unanswered_events_;
  unanswered_bytes_ += event.bytes;
  event.epoch = epoch_;
  ++epochs_[epoch_];
  queue_.Add(std::move(event));
  if (pump_ != nullptr) {
    if (queue_.WantsToSend()) writer_wake_.notify_one();
  } else {
    loop_wake_.notify_one();
  }
}

Error PublisherImpl::Reserve(std::unique_lock<std::mutex>& lock, size_t bytes) {
  std::optional<SteadyTime> deadline;
  const auto has_room = [&] {
    // One event always fits, however large.
    return unanswered_events_ == 0 || (unanswered_events_ < options_.queue_events_max &&
                                       unanswered_bytes_ + bytes <= options_.queue_bytes_max);
  };
  const bool may_block =
      options_.when_full == PublisherOptions::WhenFull::kBlock && in_callback_of != this;
  while (!stopping_ && !has_room()) {
    const SteadyTime now = clock_.Now();
    if (!deadline) deadline = now + options_.deadline;
    if (!may_block || now >= *deadline) return QueueFull();
    clock_.WaitUntil(room_, lock, *deadline);
  }
  if (stopping_) return MakeError(kCancelled, "the publisher is stopping");
  return {};
}

bool PublisherImpl::Flush(std::chrono::milliseconds timeout) {
  std::unique_lock<std::mutex> lock(mu_);
  const uint64_t last = epoch_++;
  const SteadyTime deadline = clock_.Now() + timeout;
  while (!epochs_.empty() && epochs_.begin()->first <= last) {
    if (clock_.Now() >= deadline) return false;
    clock_.WaitUntil(flushed_, lock, deadline);
  }
  return true;
}

void PublisherImpl::RunCallbacks(std::unique_lock<std::mutex>& lock,
                                 PublishQueue::Answered answered) {
  if (answered.empty()) return;
  lock.unlock();
  const void* outer = std::exchange(in_callback_of, this);
  for (AnsweredEvent& event : answered) {
    if (event.callback) event.callback(event.result);
  }
  in_callback_of = outer;
  lock.lock();
  for (const AnsweredEvent& event : answered) {
    --unanswered_events_;
    unanswered_bytes_ -= event.bytes;
    const auto it = epochs_.find(event.epoch);
    if (--it->second == 0) epochs_.erase(it);
  }
  room_.notify_all();
  flushed_.notify_all();
}

void PublisherImpl::Loop() {
  std::unique_lock<std::mutex> lock(mu_);
  while (!stopping_) {
    Tend(lock);
    if (stopping_) break;
    clock_.WaitUntil(loop_wake_, lock, NextWake(clock_.Now()));
  }
  JoinStream(lock);
  RunCallbacks(lock, queue_.Abort(MakeError(kCancelled, "the publisher is stopping")));
}

void PublisherImpl::Tend(std::unique_lock<std::mutex>& lock) {
  RunCallbacks(lock, queue_.Expire(clock_.Now(), connection_error_));
  if (stream_ended_) EndStream(lock);
  if (stopping_) return;
  if (pump_ != nullptr) {
    if (queue_.stuck()) pump_->Cancel();
  } else if (!queue_.empty() && clock_.Now() >= connect_at_) {
    Connect();
  }
}

void PublisherImpl::JoinStream(std::unique_lock<std::mutex>& lock) {
  std::unique_ptr<StreamPump<Request, Response>> pump = std::move(pump_);
  // Its threads want the lock before they leave.
  lock.unlock();
  pump.reset();
  lock.lock();
}

void PublisherImpl::EndStream(std::unique_lock<std::mutex>& lock) {
  JoinStream(lock);
  queue_.Disconnected();
  if (stream_answered_) backoff_.Reset();
  const Milliseconds delay = backoff_.Next();
  connect_at_ = clock_.Now() + delay;
  stream_ended_ = false;
  if (queue_.empty()) return;
  const std::string line = "publisher: connection to " + address_ + " lost (" +
                           connection_error_.ToString() + "); next try in " +
                           std::to_string(delay.count()) + " ms";
  lock.unlock();
  options_.logger(LogLevel::kWarning, line);
  lock.lock();
}

void PublisherImpl::Connect() {
  stream_answered_ = false;
  read_ended_ = false;
  stream_ended_ = false;
  StreamOwner<Request, Response>& owner = *this;  // Here, where the base is accessible.
  pump_ = std::make_unique<StreamPump<Request, Response>>(owner);
}

SteadyTime PublisherImpl::NextWake(SteadyTime now) const {
  // At least once per deadline, so that Publish need not wake the loop for a deadline of a new
  // event.
  SteadyTime wake = std::min(now + options_.deadline, queue_.NextExpiry(now));
  if (pump_ == nullptr && !queue_.empty()) wake = std::min(wake, connect_at_);
  return wake;
}

std::unique_ptr<PublisherImpl::Stream> PublisherImpl::OpenStream(grpc::ClientContext& context) {
  channel_ = DialChannel(address_);
  // As the generated stub does it, for messages that are bytes.
  const grpc::internal::RpcMethod method(kMethod, grpc::internal::RpcMethod::BIDI_STREAMING,
                                         channel_);
  return std::unique_ptr<Stream>(
      grpc::internal::ClientReaderWriterFactory<Request, Response>::Create(channel_.get(), method,
                                                                           &context));
}

std::shared_ptr<const PublisherImpl::Request> PublisherImpl::NextRequest() {
  std::unique_lock<std::mutex> lock(mu_);
  while (!stopping_ && !read_ended_) {
    const SteadyTime now = clock_.Now();
    if (const auto batch = queue_.Next(now)) {
      return std::make_shared<const Request>(PublishBatch::ToByteBuffer(batch));
    }
    clock_.WaitUntil(writer_wake_, lock, queue_.NextSend(now));
  }
  return nullptr;
}

void PublisherImpl::OnResponse(const std::shared_ptr<const Response>& response) {
  std::unique_lock<std::mutex> lock(mu_);
  stream_answered_ = true;
  connection_error_ = {};
  PublishQueue::Answered answered = queue_.Answer(*response, clock_.Now());
  // There may be room for a further request, or a delay to wait for.
  writer_wake_.notify_one();
  RunCallbacks(lock, std::move(answered));
}

void PublisherImpl::OnReadEnd() {
  const std::lock_guard<std::mutex> lock(mu_);
  read_ended_ = true;
  writer_wake_.notify_all();
}

void PublisherImpl::OnStreamEnd(const Error& error) {
  const std::lock_guard<std::mutex> lock(mu_);
  connection_error_ = error.ok() ? MakeError(kUnavailable, "the broker closed the stream") : error;
  stream_ended_ = true;
  loop_wake_.notify_all();
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
