#include "tests/crash/broker/redriver.h"

#include "pavane/admin/v1/dead_letter.grpc.pb.h"
#include "tests/crash/broker/repeat_call.h"

namespace pavane::crash {
namespace {

namespace admin = pavane::admin::v1;

constexpr std::chrono::milliseconds kRedrivePause(30);
constexpr int kLettersARound = 5;
constexpr int kPurgeEach = 4;  // one of so many is purged

}  // namespace

Redriver::Redriver(const Daemon& daemon, const std::string& log_path) : Party(daemon, log_path) {
  Start();
}

void Redriver::Run() {
  auto stub = admin::DeadLetterAdmin::NewStub(daemon_.Connect());
  while (!stop_) {
    admin::ListDeadLettersRequest list;
    list.set_page_size(kLettersARound);
    list.set_with_events(true);
    admin::ListDeadLettersResponse page;
    RepeatCall([&](grpc::ClientContext& context) {
      page.Clear();
      return stub->ListDeadLetters(&context, list, &page);
    });
    for (const admin::DeadLetter& letter : page.dead_letters()) Change(*stub, letter);
    Pause(kRedrivePause);
  }
}

void Redriver::Change(admin::DeadLetterAdmin::Stub& stub, const admin::DeadLetter& letter) {
  if (letter.event().id() != letter.event_id() || letter.event().text_data().empty()) {
    log_.Write({"bare", letter.id(), letter.event_id()});
  }
  const bool purge = ++changed_ % kPurgeEach == 0;
  uint64_t done = 0;
  const Answered answered = RepeatCall([&](grpc::ClientContext& context) {
    if (purge) {
      admin::PurgeDeadLettersRequest request;
      request.set_id(letter.id());
      admin::PurgeDeadLettersResponse response;
      const grpc::Status status = stub.PurgeDeadLetters(&context, request, &response);
      done = response.purged();
      return status;
    }
    admin::RedriveDeadLettersRequest request;
    request.set_id(letter.id());
    admin::RedriveDeadLettersResponse response;
    const grpc::Status status = stub.RedriveDeadLetters(&context, request, &response);
    done = response.redriven();
    return status;
  });
  const bool gone = answered.status.error_code() == grpc::StatusCode::NOT_FOUND ||
                    (answered.status.ok() && !done);
  const char* word = purge ? "purged" : "redriven";
  if (gone && !answered.repeated) word = "lost";
  if (!gone && !answered.status.ok()) word = "refused";
  log_.Write({word, letter.id(), letter.event_id()});
}

}  // namespace pavane::crash
