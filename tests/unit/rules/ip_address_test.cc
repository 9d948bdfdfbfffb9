#include "rules/ip_address.h"

#include <gtest/gtest.h>

namespace pavane::rules {
namespace {

TEST(IpAddress, ReadsDottedDecimalRunsUpTo255) {
  EXPECT_EQ(IpAddress::Parse("10.0.0.1"), IpAddress::Parse("10.0.0.01"));
  EXPECT_EQ(IpAddress::Parse("10.0.0.1"), IpAddress::Parse("010.000.000.01"));
  for (const char* text : {"", "10.0.0", "10.0.0.", "10.0.0.256", "10.0.0.1.1", "1..1.1", "a.b.c.d",
                           "10.0.0.1 ", "-1.0.0.1", "0000000000010.0.0.1"}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

TEST(IpAddress, ReadsAllShorteningsOfAnIpv6Address) {
  EXPECT_EQ(IpAddress::Parse("::1"), IpAddress::Parse("0:0:0:0:0:0:0:1"));
  EXPECT_EQ(IpAddress::Parse("2001:DB8::"), IpAddress::Parse("2001:0db8:0::0"));
  for (const char* text : {":", ":::", "12:34", "ab:cd", "1::2::3", "1:2:3:4:5:6:7",
                           ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8:9", "::10000",
                           "::10.0.0.1", "fe80::1%eth0", "[::1]"}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
}

TEST(IpAddress, ReadsAMappedAddressAsTheIpv4One) {
  EXPECT_EQ(IpAddress::Parse("::ffff:a00:1"), IpAddress::Parse("10.0.0.1"));
}

TEST(IpBlock, ContainsAddressesOfItsFamilyThatShareTheLeadingBits) {
  const IpBlock block{*IpAddress::Parse("10.0.16.0"), 20};
  EXPECT_TRUE(block.Contains(*IpAddress::Parse("10.0.31.255")));
  EXPECT_FALSE(block.Contains(*IpAddress::Parse("10.0.32.0")));
  EXPECT_FALSE(block.Contains(*IpAddress::Parse("a00:1000::")));
  const IpBlock all{*IpAddress::Parse("::"), 0};
  EXPECT_TRUE(all.Contains(*IpAddress::Parse("2001:db8::1")));
  EXPECT_FALSE(all.Contains(*IpAddress::Parse("16.0.0.1")));
}

}  // namespace
}  // namespace pavane::rules
