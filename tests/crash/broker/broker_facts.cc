#include "tests/crash/broker/broker_facts.h"

#include <chrono>

#include "pavane/admin/v1/dead_letter.grpc.pb.h"
#include "pavane/admin/v1/event.grpc.pb.h"
#include "pavane/admin/v1/system.grpc.pb.h"

namespace pavane::crash {
namespace {

namespace admin = pavane::admin::v1;

void SetDeadline(grpc::ClientContext& context) {
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
}

std::string CauseOf(const io::cloudevents::v1::CloudEvent& event) {
  auto found = event.attributes().find("causationid");
  return found == event.attributes().end() ? "" : found->second.ce_string();
}

void Add(const admin::StoredEvent& stored, BrokerFacts& facts) {
  const std::string& id = stored.event().id();
  const std::string& type = stored.event().type();
  facts.id_at[stored.sequence()] = id;
  if (type == "Done") {
    facts.done_of[CauseOf(stored.event())].push_back(stored.sequence());
  } else if (type == "Refused") {
    facts.refused_of[CauseOf(stored.event())].push_back(stored.sequence());
  } else {
    if (!facts.sequence_of.emplace(id, stored.sequence()).second) {
      facts.problems.push_back("event " + id + " is stored twice");
    }
    if (type == "Work") facts.works.insert(id);
  }
}

void ReadEvents(const Daemon& daemon, BrokerFacts& facts) {
  auto stub = admin::EventAdmin::NewStub(daemon.Connect());
  admin::ListEventsRequest request;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    SetDeadline(context);
    admin::ListEventsResponse page;
    const grpc::Status status = stub->ListEvents(&context, request, &page);
    if (!status.ok()) {
      return facts.problems.push_back("ListEvents: " + status.error_message());
    }
    for (const admin::StoredEvent& stored : page.events()) Add(stored, facts);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
}

void ReadLetters(const Daemon& daemon, BrokerFacts& facts) {
  auto stub = admin::DeadLetterAdmin::NewStub(daemon.Connect());
  admin::ListDeadLettersRequest list;
  list.set_page_size(1000);
  list.set_with_events(true);
  do {
    grpc::ClientContext context;
    SetDeadline(context);
    admin::ListDeadLettersResponse page;
    const grpc::Status status = stub->ListDeadLetters(&context, list, &page);
    if (!status.ok()) {
      return facts.problems.push_back("ListDeadLetters: " + status.error_message());
    }
    for (const admin::DeadLetter& letter : page.dead_letters()) {
      ++facts.dead[letter.event_id()];
      if (letter.event().id() != letter.event_id() || letter.error_code() != "CRASH_TEST") {
        facts.problems.push_back("dead letter " + letter.id() + " is not whole");
      }
    }
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
}

void ReadStats(const Daemon& daemon, BrokerFacts& facts) {
  auto stub = admin::SystemAdmin::NewStub(daemon.Connect());
  grpc::ClientContext context;
  SetDeadline(context);
  admin::ListTargetStatsResponse stats;
  const grpc::Status status = stub->ListTargetStats(&context, {}, &stats);
  if (!status.ok()) facts.problems.push_back("ListTargetStats: " + status.error_message());
  for (const admin::TargetStats& target : stats.targets()) facts.targets[target.rule()] = target;
}

}  // namespace

BrokerFacts ReadBroker(const Daemon& daemon) {
  BrokerFacts facts;
  ReadEvents(daemon, facts);
  ReadLetters(daemon, facts);
  ReadStats(daemon, facts);
  return facts;
}

}  // namespace pavane::crash
