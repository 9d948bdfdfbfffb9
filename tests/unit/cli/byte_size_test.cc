#include "clients/cli/byte_size.h"

#include "gtest/gtest.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

TEST(ByteSize, ReadsDecimalAndBinaryUnits) {
  EXPECT_EQ(*ParseByteSize("0"), 0u);
  EXPECT_EQ(*ParseByteSize("1048576"), 1048576u);
  EXPECT_EQ(*ParseByteSize("512MiB"), 512u << 20);
  EXPECT_EQ(*ParseByteSize("10GB"), 10'000'000'000u);
  EXPECT_EQ(*ParseByteSize("3 kB"), 3000u);
  EXPECT_EQ(*ParseByteSize("2TiB"), uint64_t{2} << 40);
}

TEST(ByteSize, RefusesWhatIsNoSizeOrTooLarge) {
  for (const char* text : {"", "MiB", "-1", "1.5GB", "10 apples", "99999999999TiB", "1e9"}) {
    const auto size = ParseByteSize(text);
    ASSERT_FALSE(size.ok()) << text << " became " << *size;
    EXPECT_EQ(ExitCodeOf(size.status()), kExitUsage);
  }
}

TEST(ByteSize, PrintsTheLargestUnitThatFits) {
  EXPECT_EQ(FormatByteSize(0), "0 B");
  EXPECT_EQ(FormatByteSize(1023), "1023 B");
  EXPECT_EQ(FormatByteSize(1536), "1.5 KiB");
  EXPECT_EQ(FormatByteSize(uint64_t{3} << 30), "3.0 GiB");
  EXPECT_EQ(FormatByteSize(uint64_t{5000} << 40), "5000.0 TiB");
}

}  // namespace
}  // namespace pavane::cli
