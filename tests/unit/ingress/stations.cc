#include "tests/unit/ingress/stations.h"

#include "absl/strings/str_cat.h"

#include "base/check.h"

namespace pavane::testing {

ingress::RuleBook::Options Stations::RuleBookOptions(const config::Config& config) {
  ingress::RuleBook::Options options;
  options.matcher.steps_max = config.limits.match_steps_max;
  options.pattern.length_max = config.limits.pattern_length_max;
  return options;
}

void Stations::Commits::OnCommit(const std::shared_ptr<const store::CommitRecord>& commit) {
  // Delivery last: who has got a delivery finds all others up to date.
  stations.due_events->OnCommit(*commit);
  stations.filler->OnCommit(*commit);
  stations.dispatcher->OnCommit(commit);
}

Stations::Stations(config::Config settings, std::shared_ptr<TempDir> directory)
    : dir(directory != nullptr ? std::move(directory) : std::make_shared<TempDir>()),
      config(std::move(settings)) {
  store::Log::Options log_options;
  log_options.directory = dir->File("store");
  auto opened = store::Log::Open(log_options);
  CHECK_OK(opened);
  log = *std::move(opened);
  const auto entries = log->ReadCatalog();
  CHECK_OK(entries);
  CHECK_OK(rules.Load(*entries, log->catalog_version()));
  delivery::Dispatcher::Options options;
  options.retry_defaults.set_retries_max(185);
  options.retry_defaults.set_backoff_factor(2);
  options.retry_defaults.mutable_age_max()->set_seconds(24 * 3600);
  options.retry_defaults.mutable_backoff_initial()->set_seconds(1);
  options.retry_defaults.mutable_backoff_max()->set_seconds(600);
  dispatcher = std::make_unique<delivery::Dispatcher>(*log, clock, random, options);
  store::Writer::Observers observers;
  observers.commits = &commits_;
  auto created = store::Writer::Create(*log, clock, {}, std::move(observers));
  CHECK_OK(created);
  writer = *std::move(created);
  dispatcher->set_writer(writer.get());
  dispatcher->set_forward([this](const std::string& bus, event::StoredEventPtr event) {
    return forwarder.Forward(bus, std::move(event));
  });
  due_events = std::make_unique<ingress::DueEvents>(rules, gate, *log, *writer, clock);
  CHECK_OK(due_events->Load());
  filler = std::make_unique<ingress::Filler>(rules, gate, *log, *writer, clock);
  CHECK_OK(filler->Load());
  publisher = std::make_unique<ingress::Publisher>(rules, gate, *writer, config.limits, &metrics);
  settler = std::make_unique<ingress::Settler>(
      rules, gate, *dispatcher, ingress::Emits::Context{rules, kPavaneUuidSpace, config.limits},
      nullptr);
  editor =
      std::make_unique<admin::CatalogEditor>(rules, gate, *dispatcher, *writer, config, &metrics);
  buses = std::make_unique<admin::BusAdmin>(*editor, *log);
  rule_admin = std::make_unique<admin::RuleAdmin>(*editor);
  rule_sets = std::make_unique<admin::RuleSets>(*editor);
  session_rules = std::make_unique<admin::SessionRules>(*editor, clock);
  dead_letters = std::make_unique<admin::DeadLetterAdmin>(rules, gate, *log, *writer);
  events = std::make_unique<admin::EventAdmin>(rules, *log);
  scheduled = std::make_unique<admin::ScheduledAdmin>(rules, gate, *log, *writer);
  CHECK_OK(dispatcher->Recover());
  writer->Start();
  dispatcher->Start();
  due_events->Start();
  filler->Start();
  CHECK_OK(Await<absl::Status>([this](auto done) { buses->Start(done); }));
}

Stations::~Stations() {
  due_events->Stop();
  filler->Stop();
  dispatcher->Stop();
  writer->Stop();
}

absl::Status Stations::PutBus(const std::string& name) {
  pavane::admin::v1::PutBusRequest request;
  request.mutable_bus()->set_name(name);
  return Await<absl::StatusOr<pavane::admin::v1::PutBusResponse>>(
             [&](auto done) { buses->Put(request, done); })
      .status();
}

absl::StatusOr<pavane::admin::v1::PutRuleResponse> Stations::PutRule(
    const std::string& name, const std::string& pattern, const std::vector<std::string>& addresses,
    const std::string& bus) {
  pavane::admin::v1::PutRuleRequest request;
  request.mutable_rule()->set_name(name);
  request.mutable_rule()->set_bus(bus);
  request.mutable_rule()->set_pattern(pattern);
  for (size_t i = 0; i < addresses.size(); ++i) {
    pavane::admin::v1::Target& target = *request.mutable_rule()->add_targets();
    target.set_id(absl::StrCat("t", i));
    target.set_address(addresses[i]);
  }
  return Await<absl::StatusOr<pavane::admin::v1::PutRuleResponse>>(
      [&](auto done) { rule_admin->Put(request, done); });
}

absl::StatusOr<pavane::v1::PublishResponse> Stations::Publish(pavane::v1::PublishRequest request) {
  return Await<absl::StatusOr<pavane::v1::PublishResponse>>([&](auto done) {
    ingress::IncomingBatch batch;
    *batch.request = std::move(request);
    publisher->Publish(std::move(batch), done);
  });
}

pavane::v1::PublishResult Stations::PublishOne(const event::CloudEvent& event,
                                               const std::string& bus) {
  pavane::v1::PublishRequest request;
  *request.add_entries()->mutable_event() = event;
  request.mutable_entries(0)->set_bus(bus);
  const auto response = Publish(std::move(request));
  CHECK_OK(response);
  return response->results(0);
}

std::vector<targets::OutgoingDelivery> Stations::Pull(const std::string& service, uint32_t count) {
  using Deliveries = std::vector<targets::OutgoingDelivery>;
  Deliveries all;
  while (all.size() < count) {
    for (auto& delivery : Await<Deliveries>([&](auto done) {
           delivery::PullOptions options;
           options.service = service;
           options.deliveries_max = count - static_cast<uint32_t>(all.size());
           options.wait = absl::Seconds(60);
           dispatcher->Pull(options, done);
         })) {
      all.push_back(std::move(delivery));
    }
  }
  return all;
}

pavane::v1::SettleResult Stations::Settle(const std::string& service,
                                          pavane::v1::Settlement settlement) {
  ingress::Settler::Settlements settlements;
  *settlements.Add() = std::move(settlement);
  return Await<ingress::Settler::Results>(
             [&](auto done) { settler->Settle(service, std::move(settlements), done); })
      .at(0);
}

pavane::v1::SettleResult Stations::Reject(const std::string& service,
                                          const std::string& delivery_id) {
  pavane::v1::Settlement settlement;
  settlement.set_delivery_id(delivery_id);
  settlement.mutable_reject()->set_code("BROKEN");
  settlement.mutable_reject()->set_message("beyond repair");
  return Settle(service, std::move(settlement));
}

}  // namespace pavane::testing
