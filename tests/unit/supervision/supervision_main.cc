// The test program plays pavaned: it also is the guard, and the broker that gets killed.
#include <unistd.h>

#include <cstring>

#include <gtest/gtest.h>

#include "supervision/plugin_guard.h"
#include "tests/unit/supervision/broker_to_kill.h"

int main(int argc, char** argv) {
  if (auto exit_code = pavane::supervision::RunPluginGuardIfAsked(argc, argv)) return *exit_code;
  if (argc == 4 && std::strcmp(argv[1], pavane::supervision::kBrokerFlag) == 0) {
    return pavane::supervision::RunBrokerToKill(argv[2], argv[3]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
