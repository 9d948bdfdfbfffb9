#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/edit_distance.h"
#include "base/hex.h"
#include "base/utf8.h"

namespace pavane {
namespace {

TEST(Hex, GoesThereAndBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(FromHex(ToHex(all)), all);
  EXPECT_EQ(ToHex("\x01\xab"), "01ab");
  EXPECT_EQ(FromHex("01AB"), "\x01\xab");
}

TEST(Hex, RefusesWhatIsNotHex) {
  EXPECT_EQ(FromHex("abc"), std::nullopt);
  EXPECT_EQ(FromHex("0g"), std::nullopt);
  EXPECT_EQ(FromHex("-1"), std::nullopt);
  EXPECT_EQ(FromHex(""), "");
}

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("lsiten", "listen"), 1u) << "a swap is one edit";
  EXPECT_EQ(EditDistance("cafe", "café"), 1u) << "characters count, not bytes";
  EXPECT_EQ(EditDistance("éè", "èé"), 1u);
}

TEST(NearestName, FindsTheMisspelledOne) {
  const std::vector<std::string> keys = {"data_dir", "grpc.listen", "http.listen", "retention"};
  EXPECT_EQ(NearestName("retension", keys), "retention");
  EXPECT_EQ(NearestName("grcp.listen", keys), "grpc.listen");
  EXPECT_EQ(NearestName("datadir", keys), "data_dir");
}

TEST(NearestName, SaysNothingRatherThanNonsense) {
  EXPECT_EQ(NearestName("colour", {"data_dir", "retention"}), std::nullopt);
  EXPECT_EQ(NearestName("ab", {"xy"}), std::nullopt);
  EXPECT_EQ(NearestName("x", {}), std::nullopt);
}

TEST(Utf8, TellsValidFromInvalid) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("Zürich → 東京 ✈"));
  EXPECT_TRUE(IsValidUtf8(absl::string_view("a\0b", 3)));
  EXPECT_FALSE(IsValidUtf8("\xff"));
  EXPECT_FALSE(IsValidUtf8("\xc0\xaf")) << "overlong";
  EXPECT_FALSE(IsValidUtf8("\xed\xa0\x80")) << "surrogate";
  EXPECT_FALSE(IsValidUtf8("\xf4\x90\x80\x80")) << "beyond U+10FFFF";
  EXPECT_FALSE(IsValidUtf8("caf\xc3")) << "cut";
}

}  // namespace
}  // namespace pavane
