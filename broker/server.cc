#include "server.h"

#include <algorithm>
#include <cstdio>
#include <future>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "admin/bus_admin.h"
#include "admin/catalog_editor.h"
#include "admin/contracts.h"
#include "admin/dead_letter_admin.h"
#include "admin/event_admin.h"
#include "admin/rule_admin.h"
#include "admin/rule_sets.h"
#include "admin/session_rules.h"
#include "admin/system_admin.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/uuid.h"
#include "commit_fan_out.h"
#include "config/listen_address.h"
#include "delivery/dispatcher.h"
#include "dial_out_bridge.h"
#include "housekeeping.h"
#include "http/http_server.h"
#include "http/operations.h"
#include "ingress/emits.h"
#include "ingress/filler.h"
#include "ingress/forwarder.h"
#include "ingress/gate.h"
#include "ingress/publisher.h"
#include "ingress/rule_book.h"
#include "ingress/settler.h"
#include "metrics/broker_metrics.h"
#include "metrics/process_metrics.h"
#include "metrics/registry.h"
#include "metrics/target_collector.h"
#include "ports_file.h"
#include "rpc/rpc_server.h"
#include "rpc/work_pool.h"
#include "server_metrics.h"
#include "server_options.h"
#include "store/log.h"
#include "store/writer.h"
#include "supervision/supervisor.h"

namespace pavane {
namespace {

constexpr int kWorkThreads = 2;
// What one message may hold beyond a full batch, so that our own refusal says what is wrong.
constexpr uint64_t kMessageBytesMin = 16 << 20;
// Every bus has its series; twice, since deleted ones keep theirs until the next start.
constexpr size_t kSeriesMin = 2'000;
constexpr absl::Duration kCloseCallsWithin = absl::Seconds(1);

}  // namespace

// All parts, in the order in which they are made; they go in the reverse order.
class Server::Impl {
 public:
  Impl(config::Config config, About about, std::function<void()> on_store_failure)
      : config_(std::move(config)),
        about_(std::move(about)),
        on_store_failure_(std::move(on_store_failure)),
        registry_(std::max<size_t>(kSeriesMin, 2 * config_.limits.buses_max)),
        metrics_(registry_),
        rules_(RuleBookOptionsOf(config_)) {}
  ~Impl() { Stop(); }

  absl::Status Start() {
    RETURN_IF_ERROR(OpenStore());
    RETURN_IF_ERROR(MakeStations());
    RETURN_IF_ERROR(StartStations());
    RETURN_IF_ERROR(OpenDoors());
    FAILPOINT("server.doors_open");
    StartUpkeep();
    if (!config_.ports_file.empty()) {
      RETURN_IF_ERROR(WritePortsFile(config_.ports_file, grpc_address(), http_address()));
    }
    ready_ = true;
    LOG_INFO("ready", {{"version", about_.version},
                       {"grpc", grpc_address()},
                       {"http", http_address()},
                       {"data_dir", config_.data_dir},
                       {"boot", log_->boot()},
                       {"position", log_->last_position()}});
    return absl::OkStatus();
  }

  void Stop() {
    if (std::exchange(stopped_, true)) return;
    if (ready_) Drain();  // a start that failed has nothing to wait for
    if (supervisor_ != nullptr) supervisor_->Stop();
    if (housekeeping_ != nullptr) housekeeping_->Stop();
    if (due_events_ != nullptr) due_events_->Stop();
    if (filler_ != nullptr) filler_->Stop();
    if (bridge_ != nullptr) bridge_->Stop();
    if (rpc_ != nullptr) rpc_->Stop(absl::Now() + kCloseCallsWithin);
    if (http_ != nullptr) http_->Stop();
    pool_.Stop();
    if (dispatcher_ != nullptr) dispatcher_->Stop();
    if (writer_ != nullptr) writer_->Stop();
    if (!config_.ports_file.empty()) std::remove(config_.ports_file.c_str());
    if (ready_) LOG_INFO("stopped");
  }

  std::string grpc_address() const { return rpc_->addresses().front(); }
  std::string http_address() const { return http_ == nullptr ? "" : http_->address(); }

 private:
  absl::Status OpenStore() {
    ASSIGN_OR_RETURN(log_, store::Log::Open(LogOptionsOf(config_, metrics_)));
    FAILPOINT("server.store_opened");
    ASSIGN_OR_RETURN(const std::vector<store::CatalogChange> catalog, log_->ReadCatalog());
    return rules_.Load(catalog, log_->catalog_version());
  }

  absl::Status MakeStations() {
    dispatcher_ = std::make_unique<delivery::Dispatcher>(*log_, clock_, random_,
                                                         DispatcherOptionsOf(config_));
    dispatcher_->set_hooks(DeliveryHooks(metrics_));
    commits_ = std::make_unique<CommitFanOut>(*dispatcher_, tails_);
    store::Writer::Observers observers;
    observers.commits = commits_.get();
    observers.on_failure = [this](const absl::Status& why) { OnStoreFailure(why); };
    observers.on_append = [this](size_t transactions, absl::Duration took) {
      metrics_.commit_seconds.Observe(absl::ToDoubleSeconds(took));
      metrics_.commit_entries.Observe(static_cast<double>(transactions));
    };
    observers.on_full = [this] { metrics_.limit_hits.With({metrics::kLimitQueue}).Add(); };
    ASSIGN_OR_RETURN(writer_, store::Writer::Create(*log_, clock_, WriterOptionsOf(config_),
                                                    std::move(observers)));
    dispatcher_->set_writer(writer_.get());
    due_events_ = std::make_unique<ingress::DueEvents>(rules_, gate_, *log_, *writer_, clock_);
    RETURN_IF_ERROR(due_events_->Load());
    commits_->set_due_events(due_events_.get());
    filler_ = std::make_unique<ingress::Filler>(rules_, gate_, *log_, *writer_, clock_);
    RETURN_IF_ERROR(filler_->Load());
    commits_->set_filler(filler_.get());
    publisher_ =
        std::make_unique<ingress::Publisher>(rules_, gate_, *writer_, config_.limits, &metrics_);
    const std::optional<Uuid> space = Uuid::Parse(log_->store_id());
    if (!space) return absl::DataLossError("the store's id is not a UUID");
    settler_ = std::make_unique<ingress::Settler>(
        rules_, gate_, *dispatcher_, ingress::Emits::Context{rules_, *space, config_.limits},
        &metrics_);
    dispatcher_->set_forward([this](const std::string& bus, event::StoredEventPtr event) {
      return forwarder_.Forward(bus, std::move(event));
    });
    bridge_ = std::make_unique<DialOutBridge>(
        *dispatcher_, *settler_, targets::DialOut::Options{.broker_version = about_.version});
    dispatcher_->set_dial_out(bridge_.get());
    MakeAdmin();
    return absl::OkStatus();
  }

  void MakeAdmin() {
    editor_ = std::make_unique<admin::CatalogEditor>(rules_, gate_, *dispatcher_, *writer_, config_,
                                                     &metrics_);
    buses_ = std::make_unique<admin::BusAdmin>(*editor_, *log_);
    rule_admin_ = std::make_unique<admin::RuleAdmin>(*editor_);
    rule_sets_ = std::make_unique<admin::RuleSets>(*editor_);
    session_rules_ = std::make_unique<admin::SessionRules>(*editor_, clock_);
    dead_letters_ = std::make_unique<admin::DeadLetterAdmin>(rules_, gate_, *log_, *writer_);
    events_ = std::make_unique<admin::EventAdmin>(rules_, *log_);
    scheduled_ = std::make_unique<admin::ScheduledAdmin>(rules_, gate_, *log_, *writer_);
    admin::SystemAdmin::About about;
    about.version = about_.version;
    about.durability = config_.durability == config::Durability::kFsync ? "fsync" : "os";
    about.started_at = clock_.Now();
    about.readiness = [this] { return Readiness(); };
    about.plugins = [this] { return Plugins(); };
    about.past_events_left = [this](TargetId target) { return filler_->EventsLeft(target); };
    system_ = std::make_unique<admin::SystemAdmin>(std::move(about), clock_, rules_, *dispatcher_,
                                                   *log_, contracts_);
  }

  absl::Status StartStations() {
    RETURN_IF_ERROR(dispatcher_->Recover());
    FAILPOINT("server.recovered");
    writer_->Start();
    dispatcher_->Start();
    std::promise<absl::Status> made;
    buses_->Start([&made](const absl::Status& status) { made.set_value(status); });
    RETURN_IF_ERROR(made.get_future().get());
    session_rules_->Start();
    for (const store::BusEntryPtr& bus : rules_.snapshot()->catalog().Buses()) {
      metrics_.TouchBus(bus->bus.name());
    }
    return absl::OkStatus();
  }

  absl::Status OpenDoors() {
    subscriber_.reset(new rpc::SubscriberContext{.dispatcher = *dispatcher_,
                                                 .settler = *settler_,
                                                 .gate = gate_,
                                                 .rule_sets = *rule_sets_,
                                                 .session_rules = *session_rules_,
                                                 .contracts = contracts_,
                                                 .health = health_,
                                                 .metrics = &metrics_,
                                                 .broker_version = about_.version,
                                                 .resume_window = config_.delivery.resume_window,
                                                 .streams_max = config_.limits.streams_max});
    admin_ = std::make_unique<rpc::AdminContext>(rpc::AdminContext{
        *buses_, *rule_admin_, *dead_letters_, *events_, *scheduled_, *system_,
        admin::Explainer(rules_, *log_), admin::Previewer(rules_, *log_), tails_, pool_});
    rpc::RpcServer::Options options;
    options.listen = config_.grpc.listen;
    options.message_bytes_max = std::max(4 * config_.limits.batch_bytes_max, kMessageBytesMin);
    ASSIGN_OR_RETURN(rpc_, rpc::RpcServer::Start(options, *publisher_, *subscriber_, *admin_));
    AddMetrics();
    if (config_.http.listen.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const config::ListenAddress address,
                     config::ParseListenAddress(config_.http.listen));
    ASSIGN_OR_RETURN(http_, http::HttpServer::Start(
                                {.host = address.host, .port = address.port},
                                http::OperationsRoutes(registry_, [this] { return Readiness(); })));
    return absl::OkStatus();
  }

  void AddMetrics() {
    metrics::AddBuildInfo(registry_, about_.version, about_.commit);
    metrics::AddProcessMetrics(registry_);
    AddStoreMetrics(registry_, *log_);
    targets_ = std::make_unique<metrics::TargetCollector>(
        [this] { return SampleDelivery(*dispatcher_, *log_, rules_); },
        config_.metrics.targets_max);
    registry_.AddSource([this](metrics::TextWriter& out) { targets_->Write(out); });
  }

  void StartUpkeep() {
    housekeeping_ = std::make_unique<Housekeeping>(
        Housekeeping::Parts{clock_, config_, *log_, *writer_, *dispatcher_, rules_, gate_,
                            *session_rules_, *dead_letters_, *filler_, metrics_});
    housekeeping_->Start();
    due_events_->Start();
    filler_->Start();
    if (config_.plugins.empty()) return;
    supervision::Supervisor::Options options;
    options.lock_dir = absl::StrCat(config_.data_dir, "/plugins");
    options.grpc_address = grpc_address();
    supervisor_ = std::make_unique<supervision::Supervisor>(
        std::move(options), config_.plugins, clock_, random_, metrics_.plugin_restarts);
    if (absl::Status status = supervisor_->Start(); !status.ok()) {
      LOG_ERROR("plugins are not supervised", {{"error", status}});
    }
  }

  void Drain() {
    LOG_INFO("draining", {{"timeout", config_.drain.timeout}});
    gate_.StartDraining();
    health_.StopServing();
    if (gate_.store_failed()) return;
    const absl::Time until = clock_.Now() + config_.drain.timeout;
    auto drained = std::make_shared<std::promise<void>>();
    std::future<void> done = drained->get_future();
    dispatcher_->Drain(until, [drained] { drained->set_value(); });
    if (supervisor_ != nullptr) supervisor_->Stop();
    // The loop keeps the deadline; the second is for a loop that is very late.
    done.wait_until(absl::ToChronoTime(until + absl::Seconds(1)));
  }

  void OnStoreFailure(const absl::Status& why) {
    LOG_ERROR("the store failed: nothing is acknowledged any more", {{"error", why}});
    gate_.SetStoreFailed();
    health_.StopServing();
    on_store_failure_();
  }

  absl::Status Readiness() const {
    if (gate_.store_failed()) return absl::UnavailableError("the store failed");
    if (gate_.draining()) return absl::UnavailableError("draining");
    if (gate_.disk_level() != ingress::DiskLevel::kEnough) {
      return absl::ResourceExhaustedError("the disk is below its floor: publishes are refused");
    }
    return absl::OkStatus();
  }

  std::vector<pavane::admin::v1::PluginStats> Plugins() const {
    std::vector<pavane::admin::v1::PluginStats> plugins;
    if (supervisor_ == nullptr) return plugins;
    for (const supervision::PluginStatus& status : supervisor_->Plugins()) {
      pavane::admin::v1::PluginStats& plugin = plugins.emplace_back();
      plugin.set_name(status.name);
      plugin.set_pid(status.pid);
      plugin.set_restarts(status.restarts);
      plugin.set_last_exit(status.last_exit);
    }
    return plugins;
  }

  const config::Config config_;
  const About about_;
  const std::function<void()> on_store_failure_;
  Clock& clock_ = SystemClock::Get();
  Random& random_ = SystemRandom::Get();
  bool ready_ = false;
  bool stopped_ = false;

  metrics::Registry registry_;
  metrics::BrokerMetrics metrics_;
  ingress::Gate gate_;
  ingress::RuleBook rules_;
  ingress::Forwarder forwarder_{rules_};
  rpc::TailHub tails_;
  rpc::ServiceHealth health_;
  admin::Contracts contracts_;
  std::unique_ptr<store::Log> log_;
  std::unique_ptr<delivery::Dispatcher> dispatcher_;
  std::unique_ptr<CommitFanOut> commits_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<ingress::DueEvents> due_events_;
  std::unique_ptr<ingress::Filler> filler_;
  std::unique_ptr<ingress::Publisher> publisher_;
  std::unique_ptr<ingress::Settler> settler_;
  std::unique_ptr<DialOutBridge> bridge_;
  std::unique_ptr<admin::CatalogEditor> editor_;
  std::unique_ptr<admin::BusAdmin> buses_;
  std::unique_ptr<admin::RuleAdmin> rule_admin_;
  std::unique_ptr<admin::RuleSets> rule_sets_;
  std::unique_ptr<admin::SessionRules> session_rules_;
  std::unique_ptr<admin::DeadLetterAdmin> dead_letters_;
  std::unique_ptr<admin::EventAdmin> events_;
  std::unique_ptr<admin::ScheduledAdmin> scheduled_;
  std::unique_ptr<admin::SystemAdmin> system_;
  rpc::WorkPool pool_{kWorkThreads, clock_};
  std::unique_ptr<rpc::SubscriberContext> subscriber_;
  std::unique_ptr<rpc::AdminContext> admin_;
  std::unique_ptr<metrics::TargetCollector> targets_;
  std::unique_ptr<rpc::RpcServer> rpc_;
  std::unique_ptr<http::HttpServer> http_;
  std::unique_ptr<Housekeeping> housekeeping_;
  std::unique_ptr<supervision::Supervisor> supervisor_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

absl::StatusOr<std::unique_ptr<Server>> Server::Start(config::Config config, About about,
                                                      std::function<void()> on_store_failure) {
  auto impl =
      std::make_unique<Impl>(std::move(config), std::move(about), std::move(on_store_failure));
  RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::Stop() { impl_->Stop(); }
std::string Server::grpc_address() const { return impl_->grpc_address(); }
std::string Server::http_address() const { return impl_->http_address(); }

}  // namespace pavane
