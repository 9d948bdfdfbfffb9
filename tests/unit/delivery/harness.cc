#include "tests/unit/delivery/harness.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "io/cloudevents/v1/cloudevents.pb.h"

namespace pavane::delivery {
namespace {

// One change as a transaction; the future tells when it is durable.
class Change : public store::Transaction {
 public:
  using Function = std::function<absl::Status(store::CommitBuilder&)>;
  explicit Change(Function change) : change_(std::move(change)) {}
  std::future<absl::Status> done() { return done_.get_future(); }

  absl::Status Prepare(store::CommitBuilder& commit) override { return change_(commit); }
  void Complete(const absl::Status& status) override { done_.set_value(status); }

 private:
  Function change_;
  std::promise<absl::Status> done_;
};

event::StoredEvent MakeEvent(BusId bus, uint64_t number) {
  io::cloudevents::v1::CloudEvent cloud_event;
  cloud_event.set_id(absl::StrCat("event-", number));
  cloud_event.set_source("/test");
  cloud_event.set_spec_version("1.0");
  cloud_event.set_type("Tested");
  (*cloud_event.mutable_attributes())["correlationid"].set_ce_string("flow-1");
  event::StoredEvent event;
  event.ref.bus = bus;
  event.dedup_hash = {1, number};
  event.id_hash = {1, number};
  event.matched_rules = 1;
  cloud_event.SerializeToString(&event.bytes);
  return event;
}

class FakeEmits : public PreparedEvents {
 public:
  FakeEmits(std::vector<TargetId> targets, int count, absl::Status failure)
      : targets_(std::move(targets)), count_(count), failure_(std::move(failure)) {}

  absl::StatusOr<std::vector<store::EmittedEvent>> Append(store::CommitBuilder& commit,
                                                          const event::StoredEvent& consumed,
                                                          TargetId) override {
    std::vector<store::EmittedEvent> emitted;
    for (int i = 0; i < count_; ++i) {
      event::StoredEvent event =
          MakeEvent(consumed.ref.bus, 1'000'000 + consumed.ref.sequence.value() * 100 + i);
      event.cause = consumed.ref;
      const store::AppendResult result = commit.AppendEvent(std::move(event), targets_);
      emitted.push_back({result.event, result.matched_rules, result.duplicate, "emitted"});
    }
    if (!failure_.ok()) return failure_;
    return emitted;
  }
  size_t bytes() const override { return 100; }
  size_t count() const override { return count_; }
  uint64_t content_hash() const override { return count_; }

 private:
  std::vector<TargetId> targets_;
  int count_;
  absl::Status failure_;
};

}  // namespace

std::vector<uint64_t> SequencesOf(const Deliveries& deliveries) {
  std::vector<uint64_t> sequences;
  for (const auto& delivery : deliveries) {
    sequences.push_back(delivery.event->ref.sequence.value());
  }
  return sequences;
}

void FakeSession::Deliver(std::vector<targets::OutgoingDelivery> deliveries) {
  MutexLock lock(mu_);
  for (targets::OutgoingDelivery& delivery : deliveries) {
    deliveries_.push_back(std::move(delivery));
  }
}
void FakeSession::LeasesLost(std::vector<std::string> delivery_ids) {
  MutexLock lock(mu_);
  lost_.insert(lost_.end(), delivery_ids.begin(), delivery_ids.end());
}
void FakeSession::Draining(absl::Time) {
  MutexLock lock(mu_);
  draining_ = true;
}
void FakeSession::Close(const absl::Status&) {
  MutexLock lock(mu_);
  closed_ = true;
}
std::vector<targets::OutgoingDelivery> FakeSession::Take() {
  MutexLock lock(mu_);
  return std::exchange(deliveries_, {});
}
std::vector<std::string> FakeSession::TakeLost() {
  MutexLock lock(mu_);
  return std::exchange(lost_, {});
}
bool FakeSession::draining() {
  MutexLock lock(mu_);
  return draining_;
}
bool FakeSession::closed() {
  MutexLock lock(mu_);
  return closed_;
}

Harness::Harness(Dispatcher::Options options) : options_(std::move(options)) {
  Start();
  CHECK(Commit([this](store::CommitBuilder& commit) {
          store::BusEntry bus;
          bus.id = BusId(1);
          bus.bus.set_name("default");
          const store::CatalogChange change = store::EncodeBus(bus);
          catalog_ = *catalog_->Apply({change}, CatalogVersion(1));
          commit.ChangeCatalog(change);
          return absl::OkStatus();
        }).ok());
}

Harness::~Harness() {
  dispatcher_->Stop();
  writer_->Stop();
}

void Harness::Start() {
  store::Log::Options log_options;
  log_options.directory = dir_.File("store");
  log_options.durability = store::Durability::kOs;
  auto log = store::Log::Open(log_options);
  CHECK(log.ok()) << log.status();
  log_ = *std::move(log);
  dispatcher_ = std::make_unique<Dispatcher>(*log_, clock_, random_, options_);
  const absl::Status recovered = dispatcher_->Recover();
  CHECK(recovered.ok()) << recovered;
  store::Writer::Observers observers;
  observers.commits = dispatcher_.get();
  auto writer = store::Writer::Create(*log_, clock_, {}, std::move(observers));
  CHECK(writer.ok()) << writer.status();
  writer_ = *std::move(writer);
  dispatcher_->set_writer(writer_.get());
  dispatcher_->set_forward(
      [](const std::string& bus,
         event::StoredEventPtr) -> absl::StatusOr<std::unique_ptr<PreparedEvents>> {
        if (bus == "missing") return absl::NotFoundError("no bus of that name");
        if (bus == "loop") return absl::OutOfRangeError("forwarded through 8 buses");
        return Emits({}, 1);
      });
  writer_->Start();
  dispatcher_->Start();
}

void Harness::Restart(bool checkpoint) {
  if (checkpoint) dispatcher_->Stop();
  writer_->Stop();  // a checkpoint after this is not taken
  dispatcher_->Stop();
  writer_.reset();
  dispatcher_.reset();
  log_.reset();
  Start();
}

absl::Status Harness::Commit(std::function<absl::Status(store::CommitBuilder&)> change) {
  auto transaction = std::make_unique<Change>(std::move(change));
  std::future<absl::Status> done = transaction->done();
  std::unique_ptr<store::Transaction> submitted = std::move(transaction);
  CHECK(writer_->Submit(submitted)) << "the queue is empty";
  return done.get();
}

std::vector<TargetId> Harness::PutRule(const std::string& name,
                                       const std::vector<TargetSpec>& targets) {
  store::RuleEntry entry;
  const store::RuleEntryPtr before = catalog_->FindRule(BusId(1), name);
  entry.id = before ? before->id : catalog_->next_rule_id();
  entry.bus_id = BusId(1);
  entry.rule.set_name(name);
  TargetId next = catalog_->next_target_id();
  for (size_t i = 0; i < targets.size(); ++i) {
    pavane::admin::v1::Target& target = *entry.rule.add_targets();
    target.set_id(targets[i].id);
    target.set_address(targets[i].address);
    if (targets[i].with) targets[i].with(target);
    const bool known = before != nullptr && i < before->target_ids.size();
    entry.target_ids.push_back(known ? before->target_ids[i] : next);
    if (!known) ++next;
  }
  const store::CatalogChange change = store::EncodeRule(entry);
  catalog_ = *catalog_->Apply({change}, catalog_->version().Next());
  CHECK(Commit([&](store::CommitBuilder& commit) {
          commit.ChangeCatalog(change);
          return absl::OkStatus();
        }).ok());
  Sync();
  return entry.target_ids;
}

void Harness::DeleteRule(const std::string& name) {
  const store::CatalogChange change = store::EraseRule(catalog_->FindRule(BusId(1), name)->id);
  catalog_ = *catalog_->Apply({change}, catalog_->version().Next());
  CHECK(Commit([&](store::CommitBuilder& commit) {
          commit.ChangeCatalog(change);
          return absl::OkStatus();
        }).ok());
  Sync();
}

Sequence Harness::Publish(const std::vector<TargetId>& targets, int count) {
  return PublishKeyed(targets, std::vector<uint64_t>(count, 0));
}

Sequence Harness::PublishKeyed(const std::vector<TargetId>& targets,
                               const std::vector<uint64_t>& key_hashes) {
  Sequence first;
  CHECK(Commit([&](store::CommitBuilder& commit) {
          for (uint64_t key_hash : key_hashes) {
            const store::AppendResult appended =
                commit.AppendEvent(MakeEvent(BusId(1), ++published_), targets,
                                   std::vector<uint64_t>(targets.size(), key_hash));
            if (!first) first = appended.event.sequence;
          }
          return absl::OkStatus();
        }).ok());
  Sync();
  return first;
}

void Harness::Sync() {
  // What the loop does may commit, and what commits may make the loop act: a few rounds of both.
  for (int round = 0; round < 4; ++round) {
    dispatcher_->CollectServiceStats();
    CHECK(Commit([](store::CommitBuilder&) { return absl::OkStatus(); }).ok());
    dispatcher_->CollectServiceStats();
  }
}

void Harness::Advance(absl::Duration by) {
  clock_.Advance(by);
  Sync();
}

Harness::Client Harness::Connect(const std::string& service, uint32_t credit,
                                 const std::string& resume) {
  Client client;
  client.session = std::make_shared<FakeSession>();
  OpenRequest request;
  request.service = service;
  request.instance = "test";
  request.resume_token = resume;
  request.session = client.session;
  std::promise<OpenAnswer> opened;
  dispatcher_->OpenSession(std::move(request),
                           [&opened](OpenAnswer answer) { opened.set_value(std::move(answer)); });
  client.opened = opened.get_future().get();
  if (credit > 0) dispatcher_->AddCredit(client.opened.id, credit, 0);
  Sync();
  return client;
}

std::vector<SettlementAnswer> Harness::Settle(const std::string& service,
                                              std::vector<SettlementRequest> settlements) {
  std::promise<std::vector<SettlementAnswer>> answered;
  dispatcher_->Settle(service, std::move(settlements),
                      [&answered](std::vector<SettlementAnswer> answers) {
                        answered.set_value(std::move(answers));
                      });
  auto answers = answered.get_future().get();
  Sync();
  return answers;
}

SettlementAnswer Harness::SettleOne(const std::string& service, const std::string& delivery_id,
                                    decltype(SettlementRequest::outcome) outcome) {
  std::vector<SettlementRequest> settlements;
  settlements.push_back({delivery_id, std::move(outcome)});
  return std::move(Settle(service, std::move(settlements))[0]);
}

bool Harness::Extend(const std::string& service, const std::string& delivery_id) {
  std::promise<bool> extended;
  dispatcher_->Extend(service, {{delivery_id, std::nullopt}},
                      [&extended](const std::vector<ExtendAnswer>& answers) {
                        extended.set_value(!answers.at(0).refusal.has_value());
                      });
  return extended.get_future().get();
}

TargetStats Harness::Stats(TargetId target) {
  for (TargetStats& stats : dispatcher_->CollectTargetStats()) {
    if (stats.target == target) return std::move(stats);
  }
  CHECK(false) << "no target " << target;
  return {};
}

std::vector<store::DeadLetterRecord> Harness::DeadLetters() {
  std::vector<store::DeadLetterRecord> letters;
  CHECK(log_->VisitDeadLetters({}, {},
                               [&](const store::DeadLetterRecord& letter) {
                                 letters.push_back(letter);
                                 return true;
                               })
            .ok());
  return letters;
}

void Harness::Redrive(const store::DeadLetterRecord& letter) {
  CHECK(Commit([&](store::CommitBuilder& commit) {
          commit.EraseDeadLetter(letter);
          store::ExceptionRecord exception;
          exception.ref = letter.ref;
          exception.kind = store::ExceptionRecord::Kind::kRedrive;
          exception.due_us = commit.time_us();
          exception.age_from_us = commit.time_us();
          exception.redriven = true;
          exception.key_hash = letter.key_hash;
          exception.in_order = letter.blocks_key;
          commit.PutException(exception);
          return absl::OkStatus();
        }).ok());
  // Recorded time may be ahead of a clock that stands still by a microsecond for each commit.
  Advance(absl::Milliseconds(1));
}

void Harness::Purge(const store::DeadLetterRecord& letter) {
  CHECK(Commit([&](store::CommitBuilder& commit) {
          commit.EraseDeadLetter(letter);
          return absl::OkStatus();
        }).ok());
  Sync();
}

void Harness::Skip(const store::DeadLetterRecord& letter) {
  CHECK(Commit([&](store::CommitBuilder& commit) {
          commit.EraseDeadLetter(letter);
          store::DeadLetterRecord skipped = letter;
          skipped.blocks_key = false;
          commit.PutDeadLetter(std::move(skipped));
          return absl::OkStatus();
        }).ok());
  Sync();
}

std::unique_ptr<PreparedEvents> Harness::Emits(std::vector<TargetId> targets, int count,
                                               absl::Status failure) {
  return std::make_unique<FakeEmits>(std::move(targets), count, std::move(failure));
}

}  // namespace pavane::delivery
