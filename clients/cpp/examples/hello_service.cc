// A whole service: greets everybody who arrives. Start the broker, then this program, then another
// one with a name:
//
//   hello_service &            receives Arrived, emits Greeted
//   hello_service Ada          publishes Arrived for Ada
#include <iostream>
#include <string>

#include "pavane/publisher.h"
#include "pavane/service.h"

namespace {

// Handlers return what became of the delivery. The emitted event is appended in the same commit as
// the ack.
pavane::Result Greet(const pavane::Delivery& delivery) {
  const std::string name(delivery.event().subject());
  if (name.empty()) return pavane::Reject("NO_NAME", "the event has no subject");
  std::cout << "Hello, " << name << "! (attempt " << delivery.attempt() << ")" << std::endl;
  return pavane::Ack({pavane::Event("Greeted").SetSubject(name)});
}

int Serve() {
  pavane::Service service({.name = "hello", .rule_set_version = 1, .emits = {"Greeted"}});
  service.On("Arrived", Greet);
  // Until SIGTERM or SIGINT.
  const pavane::Error error = service.Run();
  if (!error.ok()) std::cerr << error.ToString() << std::endl;
  return error.ok() ? 0 : 1;
}

int Announce(const std::string& name) {
  pavane::Publisher publisher({.source = "/door"});
  const pavane::PublishResult result = publisher.PublishSync(
      pavane::Event("Arrived").SetSubject(name).SetJson(R"({"by": "train"})"));
  if (!result.ok()) {
    std::cerr << result.error.ToString() << std::endl;
    return 1;
  }
  std::cout << "event " << result.event_id << " is number " << result.sequence << " on bus "
            << result.bus << ", " << result.matched_rules << " rules matched" << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return argc > 1 ? Announce(argv[1]) : Serve(); }
