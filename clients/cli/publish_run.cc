#include "clients/cli/publish_run.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "clients/cli/address.h"
#include "clients/cli/escape.h"
#include "clients/cli/json_value.h"
#include "clients/cli/message_json.h"
#include "clients/cli/status.h"
#include "clients/cli/text_source.h"

namespace pavane::cli {
namespace {

constexpr absl::Duration kProgressInterval = absl::Milliseconds(200);

}  // namespace

PublishRun::PublishRun(const Context& context, PublishRunOptions options)
    : context_(context),
      options_(std::move(options)),
      show_progress_(!options_.quiet && IsTerminal(STDERR_FILENO)) {}

PublisherOptions PublishRun::ForPublisher() const {
  PublisherOptions options;
  // Checked when the command asked for the broker's health.
  options.address = *ParseAddress(ChooseAddress(context_.address));
  options.deadline = absl::ToChronoMilliseconds(options_.retry_for);
  options.logger = [this](LogLevel level, std::string_view line) {
    if (level < LogLevel::kWarning || options_.quiet) return;
    context_.err() << absl::StrCat(
        "pavane: ", EscapeForTerminal(absl::string_view(line.data(), line.size())), "\n");
  };
  return options;
}

absl::Status PublishRun::Run(std::istream& in) {
  absl::Status read;
  {
    Publisher publisher(ForPublisher());
    read = PublishLines(in, publisher);
    // Every event is answered within its own deadline; one more second for the last answer.
    publisher.Flush(absl::ToChronoMilliseconds(options_.retry_for + absl::Seconds(1)));
  }
  ShowProgress(true);
  const absl::Status published = Summary();
  return read.ok() ? published : read;
}

absl::Status PublishRun::PublishLines(std::istream& in, Publisher& publisher) {
  std::string line;
  uint64_t number = 0;
  uint64_t events = 0;
  while (!stop_.HasBeenNotified()) {
    const absl::StatusOr<bool> more = ReadLine(in, &line);
    ++number;
    if (!more.ok()) return InContext(more.status(), absl::StrCat("line ", number));
    if (!*more) return absl::OkStatus();
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    if (!Pace(events++)) {
      --number;
      break;
    }
    PublishLine(publisher, number, line);
    ShowProgress(false);
  }
  return absl::CancelledError(absl::StrCat("stopped after line ", number));
}

void PublishRun::PublishLine(Publisher& publisher, uint64_t number, const std::string& line) {
  {
    absl::MutexLock lock(&mu_);
    ++counts_.lines;
  }
  absl::StatusOr<JsonValue> json = ParseJson(line);
  absl::StatusOr<pavane::v1::PublishEntry> entry =
      json.ok() ? EntryFromJson(*json, options_.flags) : json.status();
  if (!entry.ok()) {
    absl::MutexLock lock(&mu_);
    Refuse(number, "", std::string(entry.status().message()));
    return;
  }
  PublishEntry ready(Event(std::move(*entry->mutable_event())), entry->bus());
  ready.dedup_key = entry->dedup_key();
  publisher.Publish(std::move(ready),
                    [this, number](const PublishResult& result) { OnResult(number, result); });
}

// Waits until event number `events`, counted from 0, is due; false when it shall not be published.
bool PublishRun::Pace(uint64_t events) const {
  if (!options_.rate) return true;
  const absl::Time due = started_ + absl::Seconds(static_cast<double>(events) / *options_.rate);
  return !stop_.WaitForNotificationWithTimeout(due - absl::Now());
}

void PublishRun::OnResult(uint64_t number, const PublishResult& result) {
  absl::MutexLock lock(&mu_);
  if (!result.ok()) {
    if (first_error_ == absl::StatusCode::kOk) {
      first_error_ = static_cast<absl::StatusCode>(result.error.code);
    }
    const std::string_view reason = result.error.reason_name();
    Refuse(number, absl::string_view(reason.data(), reason.size()), result.error.message);
    return;
  }
  ++counts_.accepted;
  counts_.duplicates += result.duplicate ? 1 : 0;
  counts_.matched_rules += result.duplicate ? 0 : result.matched_rules;
  if (!context_.json()) return;
  pavane::v1::PublishResult proto;
  proto.set_sequence(result.sequence);
  proto.set_matched_rules(result.matched_rules);
  proto.set_duplicate(result.duplicate);
  proto.set_bus(result.bus);
  proto.set_event_id(result.event_id);
  context_.out() << absl::StrCat("{\"line\":", number, ",", MessageToJson(proto).substr(1), "\n");
  // Who asked for a rate is watching.
  if (options_.rate) context_.out().flush();
}

void PublishRun::Refuse(uint64_t number, absl::string_view reason, const std::string& message) {
  mu_.AssertHeld();
  ++counts_.refused;
  const absl::string_view clear_progress = show_progress_ ? "\r\033[K" : "";
  context_.err() << absl::StrCat(clear_progress, "line ", number, ": ", reason,
                                 reason.empty() ? "" : ": ", EscapeForTerminal(message), "\n");
  if (!context_.json()) return;
  context_.out() << absl::StrCat("{\"line\":", number, ",\"reason\":", JsonQuote(reason),
                                 ",\"error\":", JsonQuote(message), "}\n");
}

void PublishRun::ShowProgress(bool last) {
  if (!show_progress_) return;
  const absl::Time now = absl::Now();
  if (!last && now - progress_shown_ < kProgressInterval) return;
  progress_shown_ = now;
  absl::MutexLock lock(&mu_);
  const double rate = static_cast<double>(counts_.accepted) / absl::ToDoubleSeconds(now - started_);
  context_.err() << absl::StrFormat("\r\033[K%d read, %d accepted, %d refused, %.0f events/s",
                                    counts_.lines, counts_.accepted, counts_.refused, rate)
                 << (last ? "\r\033[K" : "") << std::flush;
}

absl::Status PublishRun::Summary() {
  absl::MutexLock lock(&mu_);
  const absl::Duration took = absl::Now() - started_;
  if (!context_.json() && !options_.quiet) {
    context_.out() << absl::StrFormat(
        "published %d events (%d duplicates), %d rule matches, in %.1f s (%.0f events/s)\n",
        counts_.accepted, counts_.duplicates, counts_.matched_rules, absl::ToDoubleSeconds(took),
        static_cast<double>(counts_.accepted) / absl::ToDoubleSeconds(took));
  }
  if (counts_.refused == 0) return absl::OkStatus();
  const std::string message =
      absl::StrCat(counts_.refused, " of ", counts_.lines, " events were not published");
  // The broker never came back: that is another trouble than bad events.
  if (counts_.accepted == 0 && (first_error_ == absl::StatusCode::kDeadlineExceeded ||
                                first_error_ == absl::StatusCode::kUnavailable)) {
    return absl::UnavailableError(message);
  }
  return absl::InvalidArgumentError(message);
}

}  // namespace pavane::cli
