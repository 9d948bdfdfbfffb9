#include "clients/cpp/src/service_impl.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <utility>

#include "clients/cpp/src/channel.h"
#include "clients/cpp/src/errors.h"
#include "clients/cpp/src/signal_watch.h"
#include "clients/cpp/src/utf8.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

// A handler that takes less is not worth waking a thread for.
constexpr std::chrono::microseconds kQuickHandler(20);
// For which the worker on standby lets the others work on alone.
constexpr std::chrono::milliseconds kStandbyTime(1);
// How long the broker has to end a stream that we have closed.
constexpr Milliseconds kCloseTimeout(2'000);

std::string DefaultInstance() {
  char host[256] = {};
  if (::gethostname(host, sizeof(host) - 1) != 0) host[0] = '\0';
  return CleanUtf8(host, sizeof(host)) + "-" + std::to_string(::getpid());
}

ServiceOptions Complete(ServiceOptions options) {
  if (options.name.empty()) {
    const char* name = std::getenv("PAVANE_PLUGIN_NAME");
    if (name != nullptr) options.name = name;
  }
  if (options.instance.empty()) options.instance = DefaultInstance();
  if (options.source.empty()) options.source = options.name;
  options.concurrency = std::max<size_t>(options.concurrency, 1);
  options.keepalive = std::max(options.keepalive, Milliseconds(1));
  if (!options.logger) options.logger = StderrLogger();
  return options;
}

// Refusals of an opening that no later try heals: the program or the broker must be changed.
bool IsPermanent(const Error& error) {
  switch (static_cast<grpc::StatusCode>(error.code)) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return true;
    default:
      return false;
  }
}

Error WithHelp(Error error) {
  if (error.reason == pavane::v1::RULE_SET_CONFLICT) {
    error.message +=
        " (the rules that On declares have changed: raise ServiceOptions::rule_set_version)";
  }
  return error;
}

}  // namespace

ServiceImpl::ServiceImpl(ServiceOptions options, Clock& clock)
    : options_(Complete(std::move(options))),
      address_(ResolveAddress(options_.address)),
      clock_(clock),
      ended_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      backoff_(options_.backoff_initial, options_.backoff_max) {}

ServiceImpl::~ServiceImpl() {
  Stop();
  (void)Wait();
  ::close(ended_fd_);
}

Error ServiceImpl::Start() {
  const std::lock_guard<std::mutex> join_lock(join_mu_);
  const std::lock_guard<std::mutex> lock(mu_);
  if (subscription_) return MakeError(kFailedPrecondition, "the service was started before");
  if (!IsUtf8(options_.instance) || !IsUtf8(options_.version) || !IsUtf8(options_.description)) {
    return MakeError(kInvalidArgument, "the service's options are not valid UTF-8");
  }
  if (Error error = handlers_.Seal(options_.name); !error.ok()) return error;
  subscription_.emplace(options_, handlers_, clock_);
  threads_.emplace_back([this] { Loop(); });
  for (size_t i = 0; i < options_.concurrency; ++i) threads_.emplace_back([this] { Work(); });
  return {};
}

Error ServiceImpl::Run() {
  bool started = false;
  {
    const std::lock_guard<std::mutex> lock(mu_);
    started = subscription_.has_value();
  }
  if (!started) {
    if (Error error = Start(); !error.ok()) return error;
  }
  WaitForEndOrSignal();
  return Wait();
}

void ServiceImpl::WaitForEndOrSignal() {
  std::optional<SignalWatch> signals;
  if (options_.handle_signals) signals.emplace();
  // A negative descriptor is not polled.
  pollfd polled[2] = {{ended_fd_, POLLIN, 0}, {signals ? signals->fd() : -1, POLLIN, 0}};
  while (polled[0].revents == 0) {
    if (::poll(polled, 2, -1) < 0) continue;  // Interrupted.
    if (polled[1].revents == 0) continue;
    options_.logger(LogLevel::kInfo, options_.name + ": signal; draining");
    Stop();
    // A second signal acts as it did before Run.
    signals.reset();
    polled[1] = {-1, 0, 0};
  }
}

void ServiceImpl::Stop() {
  const std::lock_guard<std::mutex> lock(mu_);
  stopping_ = true;
  loop_wake_.notify_all();
}

Error ServiceImpl::Wait() {
  const std::lock_guard<std::mutex> join_lock(join_mu_);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  const std::lock_guard<std::mutex> lock(mu_);
  return result_;
}

bool ServiceImpl::connected() {
  const std::lock_guard<std::mutex> lock(mu_);
  return subscription_ && subscription_->opened();
}

bool ServiceImpl::WaitConnected(std::chrono::milliseconds timeout) {
  std::unique_lock<std::mutex> lock(mu_);
  const SteadyTime deadline = clock_.Now() + timeout;
  while (!ended_ && !(subscription_ && subscription_->opened())) {
    if (clock_.Now() >= deadline) return false;
    clock_.WaitUntil(state_changed_, lock, deadline);
  }
  return !ended_;
}

bool ServiceImpl::WriteLog(std::unique_lock<std::mutex>& lock) {
  const Subscription::LogLines lines = subscription_->TakeLog();
  if (lines.empty()) return false;
  lock.unlock();
  for (const auto& [level, line] : lines) options_.logger(level, options_.name + ": " + line);
  lock.lock();
  return true;
}

void ServiceImpl::Loop() {
  std::unique_lock<std::mutex> lock(mu_);
  while (Tend(lock)) {
    // Without the lock something may have come up.
    if (WriteLog(lock)) continue;
    clock_.WaitUntil(loop_wake_, lock, NextWake());
  }
  WriteLog(lock);
  JoinStream(lock);
  ended_ = true;
  worker_wake_.notify_all();
  state_changed_.notify_all();
  lock.unlock();
  const uint64_t one = 1;
  // It can only fail when it is readable anyway.
  [[maybe_unused]] const ssize_t written = ::write(ended_fd_, &one, sizeof(one));
}

bool ServiceImpl::Tend(std::unique_lock<std::mutex>& lock) {
  if (stream_ended_) EndStream(lock);
  if (!result_.ok()) return false;
  if (stopping_ && !TendDrain()) return false;
  if (pump_ == nullptr) {
    if (clock_.Now() >= connect_at_) Connect();
  } else if (clock_.Now() >= subscription_->LapsesAt() && !cancelled_) {
    subscription_->Log(LogLevel::kWarning, "the broker is silent; connecting anew");
    Cancel();
  }
  return true;
}

void ServiceImpl::Cancel() {
  cancelled_ = true;
  pump_->Cancel();
}

bool ServiceImpl::TendDrain() {
  const SteadyTime now = clock_.Now();
  if (!drain_until_) {
    drain_until_ = now + options_.drain_timeout;
    subscription_->BeginDrain();
    writer_wake_.notify_all();
  }
  const bool late = now >= *drain_until_;
  if (!subscription_->drained() && !late) return true;
  if (late && !subscription_->idle()) {
    subscription_->Log(LogLevel::kError, "drain timed out; " +
                                             std::to_string(subscription_->running()) +
                                             " handlers run on, their results are lost");
    result_ = MakeError(kDeadlineExceeded, "drain timed out");
  }
  if (pump_ == nullptr || late) return false;
  if (!close_until_) {
    // Half closed when the writer comes by; a stream that never opened has nothing to say.
    close_until_ = subscription_->opened() ? now + kCloseTimeout : now;
    writer_wake_.notify_all();
  }
  if (now >= *close_until_ && !cancelled_) Cancel();
  return true;
}

void ServiceImpl::Connect() {
  cancelled_ = false;
  read_ended_ = false;
  stream_ended_ = false;
  subscription_->Connecting();
  StreamOwner<Request, Response>& owner = *this;  // Here, where the base is accessible.
  pump_ = std::make_unique<StreamPump<Request, Response>>(owner);
}

void ServiceImpl::JoinStream(std::unique_lock<std::mutex>& lock) {
  std::unique_ptr<StreamPump<Request, Response>> pump = std::move(pump_);
  // Its threads want the lock before they leave.
  lock.unlock();
  pump.reset();
  lock.lock();
}

void ServiceImpl::EndStream(std::unique_lock<std::mutex>& lock) {
  JoinStream(lock);
  stream_ended_ = false;
  const bool opened = subscription_->opened();
  subscription_->Disconnected();
  state_changed_.notify_all();
  if (opened) backoff_.Reset();
  if (stopping_ && subscription_->idle()) return;
  const Error& error = stream_error_;
  if (!opened && !ever_opened_ && IsPermanent(error)) {
    subscription_->Log(LogLevel::kError, "the broker refused the opening: " + error.ToString());
    result_ = error;
    return;
  }
  // A session that cannot be resumed must not be what keeps us out.
  if (!opened && error.code != kUnavailable) {
    subscription_->ForgetSession();
  }
  const Milliseconds delay = backoff_.Next();
  connect_at_ = clock_.Now() + delay;
  subscription_->Log(LogLevel::kWarning, "connection to " + address_ + " lost (" +
                                             error.ToString() + "); next try in " +
                                             std::to_string(delay.count()) + " ms");
}

SteadyTime ServiceImpl::NextWake() const {
  SteadyTime wake = clock_.Now() + kForever;
  if (pump_ == nullptr) wake = std::min(wake, connect_at_);
  if (pump_ != nullptr && !cancelled_) {
    wake = std::min(wake, subscription_->LapsesAt());
    if (close_until_) wake = std::min(wake, *close_until_);
  }
  if (drain_until_) wake = std::min(wake, *drain_until_);
  return wake;
}

void ServiceImpl::Work() {
  std::unique_lock<std::mutex> lock(mu_);
  while (true) {
    if (!subscription_->CanStart()) {
      if (ended_) return;
      subscription_->Starved();
      worker_wake_.wait(lock);
    } else if (!LeaveToOthers(lock)) {
      WorkOnOne(lock);
    }
  }
}

bool ServiceImpl::LeaveToOthers(std::unique_lock<std::mutex>& lock) {
  if (!handlers_are_quick_ || working_ == 0) return false;
  if (standby_) {
    worker_wake_.wait(lock);
    return true;
  }
  standby_ = true;
  const uint64_t before = started_;
  // The machine's time: this is about threads, not about what the service does.
  worker_wake_.wait_for(lock, kStandbyTime);
  standby_ = false;
  return started_ != before;
}

void ServiceImpl::WorkOnOne(std::unique_lock<std::mutex>& lock) {
  const HeldDeliveries::Ptr delivery = subscription_->Start();
  if (delivery == nullptr) return;
  ++started_;
  ++working_;
  if (subscription_->CanStart() && !(handlers_are_quick_ && standby_)) worker_wake_.notify_one();
  lock.unlock();
  const auto start = std::chrono::steady_clock::now();
  Result result = Handle(*delivery);
  const bool quick = std::chrono::steady_clock::now() - start < kQuickHandler;
  lock.lock();
  handlers_are_quick_ = quick;
  --working_;
  subscription_->Finish(delivery, std::move(result));
  if (subscription_->WantsToWrite()) writer_wake_.notify_one();
  if (stopping_) loop_wake_.notify_one();
  WriteLog(lock);
}

Result ServiceImpl::Handle(const Delivery& delivery) const {
  try {
    return (*handlers_.Find(delivery))(delivery);
  } catch (const std::exception& exception) {
    return Nack("HANDLER_EXCEPTION", exception.what());
  } catch (...) {
    return Nack("HANDLER_EXCEPTION", "not a std::exception");
  }
}

std::unique_ptr<ServiceImpl::Stream> ServiceImpl::OpenStream(grpc::ClientContext& context) {
  stub_ = pavane::v1::SubscriberService::NewStub(DialChannel(address_));
  return stub_->Subscribe(&context);
}

std::shared_ptr<const ServiceImpl::Request> ServiceImpl::NextRequest() {
  std::unique_lock<std::mutex> lock(mu_);
  while (!read_ended_ && !close_until_) {
    if (std::shared_ptr<const Request> request = subscription_->Next()) return request;
    clock_.WaitUntil(writer_wake_, lock, subscription_->NextDue());
  }
  return nullptr;
}

void ServiceImpl::OnResponse(const std::shared_ptr<const Response>& response) {
  std::unique_lock<std::mutex> lock(mu_);
  const bool was_opened = subscription_->opened();
  subscription_->Receive(response);
  if (subscription_->opened() && !was_opened) {
    ever_opened_ = true;
    state_changed_.notify_all();
  }
  writer_wake_.notify_one();
  if (subscription_->CanStart()) worker_wake_.notify_one();
  if (stopping_) loop_wake_.notify_one();
  WriteLog(lock);
}

void ServiceImpl::OnReadEnd() {
  const std::lock_guard<std::mutex> lock(mu_);
  read_ended_ = true;
  writer_wake_.notify_all();
}

void ServiceImpl::OnStreamEnd(const Error& error) {
  const std::lock_guard<std::mutex> lock(mu_);
  stream_error_ =
      error.ok() ? MakeError(kUnavailable, "the broker closed the stream") : WithHelp(error);
  stream_ended_ = true;
  loop_wake_.notify_all();
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
