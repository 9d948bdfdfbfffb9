// pavaned: the broker.
//
// Exit codes: 0 after a drained stop (SIGTERM, SIGINT), 64 wrong usage or configuration, 65 the
// store's data is damaged or of a newer version, 69 an address or the data directory is in use by
// another program, 73 the data directory cannot be opened, 74 the store failed while running.
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "google/protobuf/stubs/logging.h"

#include "base/log.h"
#include "config/parse.h"
#include "server.h"
#include "supervision/plugin_guard.h"

namespace pavane {
namespace {

constexpr int kExitUsage = 64;
constexpr int kExitDamaged = 65;
constexpr int kExitInUse = 69;
constexpr int kExitCannotOpen = 73;
constexpr int kExitStoreFailed = 74;
// How long a failed broker still says that it is not ready, so that watchers see it.
constexpr int kFailedShownMs = 5'000;

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kFailedPrecondition:
      return kExitDamaged;
    case absl::StatusCode::kUnavailable:
      return kExitInUse;
    default:
      return kExitCannotOpen;
  }
}

// Blocks the signals for all threads to come; they are read from the returned descriptor.
int TakeSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a failed write, not a sudden death
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

int Run(config::Config config, Server::About about) {
  const int signals = TakeSignals();
  const int failed = eventfd(0, EFD_CLOEXEC);
  auto server = Server::Start(std::move(config), std::move(about), [failed] {
    const uint64_t one = 1;
    // An eventfd takes it unless its counter overflows.
    static_cast<void>(write(failed, &one, sizeof(one)) == sizeof(one));
  });
  if (!server.ok()) {
    LOG_ERROR("cannot start", {{"error", server.status()}});
    return ExitCodeOf(server.status());
  }
  pollfd events[] = {{signals, POLLIN, 0}, {failed, POLLIN, 0}};
  while (poll(events, 2, -1) <= 0) {
  }
  if (events[1].revents != 0) {
    poll(events, 1, kFailedShownMs);
    // Nothing may touch the store any more, so no orderly end: plugins end with their guards.
    _exit(kExitStoreFailed);
  }
  (*server)->Stop();
  return 0;
}

int Main(int argc, char** argv) {
  if (const auto code = supervision::RunPluginGuardIfAsked(argc, argv)) return *code;
  google::protobuf::SetLogHandler(nullptr);  // refusals say it, per field
  auto parsed = config::ParseConfig(argc, argv, environ);
  if (!parsed.ok()) {
    std::fprintf(stderr, "pavaned: %s\n", std::string(parsed.status().message()).c_str());
    return kExitUsage;
  }
  if (parsed->action == config::Action::kPrintVersion) {
    std::printf("pavaned %s (%s)\n", PAVANE_VERSION, PAVANE_COMMIT);
    return 0;
  }
  if (parsed->action == config::Action::kPrint) {
    for (const std::string& warning : parsed->warnings) {
      std::fprintf(stderr, "pavaned: warning: %s\n", warning.c_str());
    }
    std::fputs(parsed->output.c_str(), stdout);
    return 0;
  }
  ConfigureLog(
      {.level = parsed->config.log.level, .format = parsed->config.log.format, .sink = {}});
  for (const std::string& warning : parsed->warnings) LOG_WARNING("{}", warning);
  return Run(std::move(parsed->config), {PAVANE_VERSION, PAVANE_COMMIT});
}

}  // namespace
}  // namespace pavane

int main(int argc, char** argv) { return pavane::Main(argc, argv); }
