#include "event/hashes.h"

#include <gtest/gtest.h>

namespace pavane::event {
namespace {

TEST(Hashes, SourceAndIdAreKeptApart) {
  EXPECT_EQ(HashIdentity("ab", "c"), HashIdentity("ab", "c"));
  EXPECT_NE(HashIdentity("ab", "c"), HashIdentity("a", "bc"));
}

TEST(Hashes, KindsDoNotMeet) {
  EXPECT_NE(HashDedupKey("x"), HashCorrelation("x"));
  EXPECT_NE(HashDedupKey(""), HashCorrelation(""));
}

TEST(Hashes, AreThoseOfTheDiskFormat) {
  EXPECT_EQ(HashIdentity("shop", "e-1"), (Hash128{0xfc5bcd841c4540ef, 0xa2912c94de880fca}));
  EXPECT_EQ(HashCorrelation("flow-1"), (Hash128{0x28f272104fbf43ea, 0x6abbce9c21f4886a}));
}

}  // namespace
}  // namespace pavane::event
