#include "base/uuid.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace pavane {
namespace {

// RFC 4122, appendix C.
const Uuid kDnsSpace = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

TEST(Uuid, FromNameIsVersion5) {
  // As Python's uuid.uuid5(uuid.NAMESPACE_DNS, "python.org") says.
  EXPECT_EQ(Uuid::FromName(kDnsSpace, "python.org").ToString(),
            "886313e1-3b8a-5372-9b90-0c9aee199e5d");
  EXPECT_NE(Uuid::FromName(kDnsSpace, "a"), Uuid::FromName(kDnsSpace, "b"));
  EXPECT_NE(Uuid::FromName(kPavaneUuidSpace, "a"), Uuid::FromName(kDnsSpace, "a"));
}

TEST(Uuid, RandomIsVersion4) {
  SeededRandom random(1);
  const std::string text = Uuid::Random(random).ToString();
  EXPECT_TRUE(IsUuid(text));
  EXPECT_EQ(text[14], '4');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
  EXPECT_NE(Uuid::Random(random), Uuid::Random(random));
}

TEST(Uuid, ParsesWhatItPrints) {
  const std::string text = "886313e1-3b8a-5372-9b90-0c9aee199e5d";
  EXPECT_EQ(Uuid::Parse(text)->ToString(), text);
  EXPECT_EQ(Uuid::Parse("886313E1-3B8A-5372-9B90-0C9AEE199E5D")->ToString(), text);
}

TEST(IsUuid, RefusesOtherShapes) {
  EXPECT_FALSE(IsUuid(""));
  EXPECT_FALSE(IsUuid("886313e13b8a53729b900c9aee199e5d"));
  EXPECT_FALSE(IsUuid("886313e1-3b8a-5372-9b90-0c9aee199e5"));
  EXPECT_FALSE(IsUuid("886313e1-3b8a-5372-9b90-0c9aee199e5g"));
  EXPECT_FALSE(IsUuid("886313e1-3b8a-5372-9b9-00c9aee199e5d"));
  EXPECT_EQ(Uuid::Parse("nonsense"), std::nullopt);
}

TEST(IsUlid, KnowsCrockfordsAlphabetAndSize) {
  EXPECT_TRUE(IsUlid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  EXPECT_TRUE(IsUlid("01arz3ndektsv4rrffq69g5fav"));
  EXPECT_TRUE(IsUlid("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  EXPECT_FALSE(IsUlid("8ZZZZZZZZZZZZZZZZZZZZZZZZZ")) << "more than 128 bits";
  EXPECT_FALSE(IsUlid("01ARZ3NDEKTSV4RRFFQ69G5FA"));
  EXPECT_FALSE(IsUlid("01ARZ3NDEKTSV4RRFFQ69G5FAU")) << "U is not in the alphabet";
  EXPECT_FALSE(IsUlid("01ARZ3NDEKTSV4RRFFQ69G5FA-"));
}

}  // namespace
}  // namespace pavane
