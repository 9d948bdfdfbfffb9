#include "store/log.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "store/catalog.h"
#include "store/database.h"
#include "store/dedup_index.h"
#include "store/keys.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_ids.h"

namespace pavane::store {
namespace {

using ::pavane::testing::IsOkAndHolds;
using ::pavane::testing::StatusIs;
using ::pavane::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<uint64_t> Numbers(const std::vector<Sequence>& sequences) {
  std::vector<uint64_t> numbers;
  for (const Sequence sequence : sequences) numbers.push_back(sequence.value());
  return numbers;
}

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    log_.reset();
    Log::Options options;
    options.directory = dir_.path();
    options.tail_cache_bytes = tail_cache_bytes_;
    auto log = Log::Open(options);
    ASSERT_OK(log);
    log_ = *std::move(log);
    maker_ = CommitMaker(*log_);
  }
  // Events come from disk, not from the cache.
  void OpenWithoutCache() {
    tail_cache_bytes_ = 0;
    Open();
  }
  void Append() { ASSERT_OK(log_->Append(maker_.commit())); }
  void AppendEvents(BusId bus, int first, int count, std::vector<TargetId> targets = {}) {
    maker_.Begin();
    for (int i = first; i < first + count; ++i) {
      maker_.Event(bus, absl::StrCat("e", i), targets);
    }
    Append();
  }
  void Overwrite(Family family, absl::string_view key, absl::string_view value) {
    log_.reset();
    auto database = Database::Open({.directory = dir_.path()});
    ASSERT_OK(database);
    rocksdb::WriteBatch batch;
    ASSERT_TRUE(batch.Put((*database)->handle(family), ToSlice(key), ToSlice(value)).ok());
    ASSERT_OK((*database)->Write(batch, true));
  }
  std::string Stored(Family family, absl::string_view key) {
    log_.reset();
    auto database = Database::Open({.directory = dir_.path()});
    EXPECT_OK(database);
    return *(*database)->Get(family, key);
  }
  absl::Status Reopen() {
    log_.reset();
    Log::Options options;
    options.directory = dir_.path();
    auto log = Log::Open(options);
    if (log.ok()) log_ = *std::move(log);
    return log.status();
  }

  TempDir dir_;
  uint64_t tail_cache_bytes_ = 32 << 20;
  std::unique_ptr<Log> log_;
  CommitMaker maker_;
};

TEST_F(LogTest, ANewStoreIsEmpty) {
  EXPECT_EQ(log_->boot(), BootNumber(1));
  EXPECT_EQ(log_->last_position(), Position());
  EXPECT_EQ(log_->store_id().size(), 36);
  EXPECT_THAT(log_->EventRange(kBus), Pair(Sequence(), Sequence()));
  EXPECT_THAT(log_->ReadCatalog(), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(log_->FindPositionBefore(1), IsOkAndHolds(Position()));
  EXPECT_THAT(log_->FindByTime(kBus, 1), IsOkAndHolds(Sequence(1)));
  EXPECT_THAT(log_->ReadEvent({kBus, Sequence(1)}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(LogTest, TheBootNumberRisesAndTheStoreIdStays) {
  const std::string id = log_->store_id();
  Open();
  EXPECT_EQ(log_->boot(), BootNumber(2));
  EXPECT_EQ(log_->store_id(), id);
}

TEST_F(LogTest, EventsComeBackWithAllTheyHave) {
  maker_.Begin();
  event::StoredEvent event = NewEvent(kBus, "one");
  event.ref.sequence = Sequence(1);
  event.accepted_us = maker_.commit().time_us;
  event.catalog_version = CatalogVersion(5);
  event.matched_rules = 3;
  event.hops = 2;
  event.cause = event::EventRef{BusId(2), Sequence(9)};
  event.dedup_hash = HashOf("key");
  maker_.Add(event, {kTarget});
  Append();
  for (const bool cached : {true, false}) {
    if (!cached) OpenWithoutCache();
    ASSERT_OK_AND_ASSIGN(const event::StoredEventPtr back, log_->ReadEvent({kBus, Sequence(1)}));
    EXPECT_EQ(back->bytes, event.bytes);
    EXPECT_EQ(back->accepted_us, event.accepted_us);
    EXPECT_EQ(back->catalog_version, event.catalog_version);
    EXPECT_EQ(back->matched_rules, 3);
    EXPECT_EQ(back->hops, 2);
    EXPECT_EQ(back->cause, event.cause);
    EXPECT_EQ(back->dedup_hash, event.dedup_hash);
    EXPECT_EQ(back->id_hash, event.id_hash);
    EXPECT_EQ(back->correlation_hash, event.correlation_hash);
  }
}

TEST_F(LogTest, ReadsRangesForwardsAndBackwards) {
  for (int commit = 0; commit < 5; ++commit) AppendEvents(kBus, commit * 4, 4);
  for (const bool cached : {true, false}) {
    if (!cached) OpenWithoutCache();
    const auto read = [&](uint64_t from, bool backwards, size_t count, size_t bytes) {
      auto events = log_->ReadEvents(kBus, Sequence(from), backwards, count, bytes);
      EXPECT_OK(events);
      std::vector<uint64_t> numbers;
      for (const auto& event : *events) {
        EXPECT_THAT(event->bytes, HasSubstr(absl::StrCat("e", event->ref.sequence.value() - 1)));
        numbers.push_back(event->ref.sequence.value());
      }
      return numbers;
    };
    EXPECT_THAT(read(3, false, 4, 1 << 20), ElementsAre(3, 4, 5, 6));
    EXPECT_THAT(read(0, false, 2, 1 << 20), ElementsAre(1, 2));
    EXPECT_THAT(read(19, false, 9, 1 << 20), ElementsAre(19, 20));
    EXPECT_THAT(read(6, true, 4, 1 << 20), ElementsAre(6, 5, 4, 3));
    EXPECT_THAT(read(99, true, 2, 1 << 20), ElementsAre(20, 19));
    EXPECT_THAT(read(2, true, 9, 1 << 20), ElementsAre(2, 1));
    EXPECT_THAT(read(21, false, 9, 1 << 20), IsEmpty());
    EXPECT_THAT(read(5, false, 9, 1), ElementsAre(5)) << "one event always fits";
    EXPECT_THAT(read(1, false, 99, 1 << 20).size(), 20);
  }
}

TEST_F(LogTest, BusesDoNotMixWithinACommit) {
  maker_.Begin();
  for (int i = 0; i < 6; ++i) {
    maker_.Event(BusId(1 + i % 2), absl::StrCat("e", i), {TargetId(1 + i % 2)});
  }
  Append();
  OpenWithoutCache();
  EXPECT_THAT(log_->EventRange(BusId(1)), Pair(Sequence(1), Sequence(3)));
  EXPECT_THAT(log_->EventRange(BusId(2)), Pair(Sequence(1), Sequence(3)));
  ASSERT_OK_AND_ASSIGN(const auto event, log_->ReadEvent({BusId(2), Sequence(2)}));
  EXPECT_THAT(event->bytes, HasSubstr("e3"));
  EXPECT_EQ(*log_->ReadTargetEntries(TargetId(2), Sequence(), 10),
            (std::vector<TargetEntry>{{Sequence(1)}, {Sequence(2)}, {Sequence(3)}}));
}

TEST_F(LogTest, ATailCacheOfAFewBytesServesTheNewestOnly) {
  tail_cache_bytes_ = 2000;
  Open();
  for (int commit = 0; commit < 20; ++commit) AppendEvents(kBus, commit * 3, 3);
  for (uint64_t i = 1; i <= 60; ++i) {
    ASSERT_OK_AND_ASSIGN(const auto event, log_->ReadEvent({kBus, Sequence(i)}));
    EXPECT_THAT(event->bytes, HasSubstr(absl::StrCat("e", i - 1)));
  }
  ASSERT_OK_AND_ASSIGN(const auto all, log_->ReadEvents(kBus, Sequence(1), false, 100, 1 << 20));
  EXPECT_EQ(all.size(), 60);
}

TEST_F(LogTest, FindsEventsByIdNewestFirstAndFlowsOldestFirst) {
  const std::vector<std::string> ids = {"a", "b", "a", "c", "a"};
  for (size_t i = 0; i < ids.size(); i += 2) {
    maker_.Begin();
    for (size_t j = i; j < std::min(i + 2, ids.size()); ++j) maker_.Event(kBus, ids[j], {});
    Append();
  }
  EXPECT_EQ(Numbers(*log_->FindById(kBus, HashOf("a"), 10)), (std::vector<uint64_t>{5, 3, 1}));
  EXPECT_EQ(Numbers(*log_->FindById(kBus, HashOf("a"), 2)), (std::vector<uint64_t>{5, 3}));
  EXPECT_THAT(log_->FindById(kBus, HashOf("x"), 10), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(log_->FindById(BusId(2), HashOf("a"), 10), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(Numbers(*log_->FindByCorrelation(kBus, HashOf("flow of a"), 10)),
            (std::vector<uint64_t>{1, 3, 5}));
  EXPECT_EQ(Numbers(*log_->FindByCorrelation(kBus, HashOf("flow of a"), 1)),
            (std::vector<uint64_t>{1}));
}

TEST_F(LogTest, FindsByTime) {
  std::vector<int64_t> times;
  for (int commit = 0; commit < 5; ++commit) {
    AppendEvents(kBus, commit * 2, 2);
    times.push_back(maker_.commit().time_us);
  }
  OpenWithoutCache();
  EXPECT_THAT(log_->FindByTime(kBus, 0), IsOkAndHolds(Sequence(1)));
  EXPECT_THAT(log_->FindByTime(kBus, times[2]), IsOkAndHolds(Sequence(5)));
  EXPECT_THAT(log_->FindByTime(kBus, times[2] + 1), IsOkAndHolds(Sequence(7)));
  EXPECT_THAT(log_->FindByTime(kBus, times[4] + 1), IsOkAndHolds(Sequence(11)));
  EXPECT_THAT(log_->FindPositionBefore(times[2]), IsOkAndHolds(Position(2)));
  EXPECT_THAT(log_->FindPositionBefore(times[4] + 1), IsOkAndHolds(Position(5)));
  EXPECT_THAT(log_->FindPositionBefore(0), IsOkAndHolds(Position()));
}

TEST_F(LogTest, AStartReadsTheIdentitiesOfTheWindowFromTheBlocks) {
  AppendEvents(kBus, 0, 3);
  AppendEvents(kBus, 3, 2);
  const int64_t now = maker_.commit().time_us;
  const auto found = [&](uint64_t n) {
    const auto first = log_->dedup(kBus).Find(HashOf(absl::StrCat("e", n)), now);
    EXPECT_OK(first);
    return first.ok() && first->has_value() ? (*first)->sequence.value() : 0;
  };
  ASSERT_OK(log_->LoadDedup(kBus, {.window_us = 1'000'000, .ids_max = 4}, now));
  EXPECT_EQ(found(0), 0);
  for (uint64_t n = 1; n < 5; ++n) EXPECT_EQ(found(n), n + 1);
  ASSERT_OK(log_->LoadDedup(kBus, {.window_us = 1, .ids_max = 100}, now));  // the last commit's
  EXPECT_EQ(found(2), 0);
  EXPECT_EQ(found(3), 4);
  ASSERT_OK(log_->LoadDedup(kBus, {.window_us = 0, .ids_max = 100}, now));
  EXPECT_EQ(log_->dedup(kBus).ids_in_memory(), 0);
}

TEST_F(LogTest, ExceptionsComeInOrderOfTheirTime) {
  maker_.Begin();
  for (const int64_t due : {30, 10, 20}) {
    maker_.commit().exceptions.push_back(MakeException(kTarget, {kBus, Sequence(100 - due)}, due));
  }
  maker_.commit().exceptions.push_back(MakeException(TargetId(11), {kBus, Sequence(1)}, 5));
  Append();
  const auto due = [&](std::optional<Log::ExceptionKey> after, size_t max) {
    std::vector<int64_t> times;
    auto exceptions = log_->ReadExceptions(kTarget, after, max);
    EXPECT_OK(exceptions);
    for (const ExceptionRecord& exception : *exceptions) times.push_back(exception.due_us);
    return times;
  };
  EXPECT_THAT(due(std::nullopt, 10), ElementsAre(10, 20, 30));
  EXPECT_THAT(due(std::nullopt, 2), ElementsAre(10, 20));
  EXPECT_THAT(due(Log::ExceptionKey{20, {kBus, Sequence(80)}}, 10), ElementsAre(30));
  maker_.Begin();
  maker_.commit().exceptions_erased.push_back(MakeException(kTarget, {kBus, Sequence(80)}, 20));
  // Given back at the same time: erased, then put.
  maker_.commit().exceptions_erased.push_back(MakeException(kTarget, {kBus, Sequence(90)}, 10));
  maker_.commit().exceptions.push_back(MakeException(kTarget, {kBus, Sequence(90)}, 10));
  Append();
  EXPECT_THAT(due(std::nullopt, 10), ElementsAre(10, 30));
}

TEST_F(LogTest, DeadLettersAreListedCountedAndErased) {
  maker_.Begin();
  maker_.Event(kBus, "e", {});
  for (const uint64_t target : {10, 10, 12}) {
    maker_.commit().dead_letters.push_back(MakeLetter(TargetId(target), {kBus, Sequence(1)},
                                                      100 + maker_.commit().dead_letters.size()));
  }
  Append();
  const auto list = [&](std::optional<Log::DeadLetterKey> after, std::optional<TargetId> target) {
    std::vector<uint64_t> ids;
    EXPECT_OK(log_->VisitDeadLetters(after, target, [&](const DeadLetterRecord& letter) {
      ids.push_back(letter.id);
      return true;
    }));
    return ids;
  };
  EXPECT_THAT(list(std::nullopt, std::nullopt), ElementsAre(100, 101, 102));
  EXPECT_THAT(list(std::nullopt, TargetId(10)), ElementsAre(100, 101));
  EXPECT_THAT(list(Log::DeadLetterKey{TargetId(10), 100}, std::nullopt), ElementsAre(101, 102));
  EXPECT_THAT(list(Log::DeadLetterKey{TargetId(10), 101}, TargetId(10)), IsEmpty());
  EXPECT_EQ(log_->dead_letter_count(TargetId(10)), 2);
  ASSERT_OK_AND_ASSIGN(const DeadLetterRecord letter, log_->GetDeadLetter({TargetId(12), 102}));
  EXPECT_EQ(letter.error_code, "BAD_CARD");
  EXPECT_THAT(log_->GetDeadLetter({TargetId(12), 100}), StatusIs(absl::StatusCode::kNotFound));
  maker_.Begin();
  maker_.commit().dead_letters_erased.push_back(MakeLetter(TargetId(10), {kBus, Sequence(1)}, 100));
  Append();
  EXPECT_THAT(list(std::nullopt, std::nullopt), ElementsAre(101, 102));
  EXPECT_EQ(log_->dead_letter_count(TargetId(10)), 1);
  Open();
  EXPECT_EQ(log_->dead_letter_count(TargetId(10)), 1);
  EXPECT_EQ(log_->dead_letter_count(TargetId(12)), 1);
}

TEST_F(LogTest, CatalogEntriesAndNextIdsSurvive) {
  BusEntry bus{kBus, {}};
  bus.bus.set_name("default");
  RuleEntry rule{RuleId(3), kBus, {}, {TargetId(9)}};
  rule.rule.set_name("r");
  rule.rule.add_targets()->set_id("t");
  maker_.Begin().catalog = {EncodeBus(bus), EncodeRule(rule)};
  Append();
  maker_.Begin().catalog = {EraseRule(RuleId(3))};
  Append();
  Open();
  ASSERT_OK_AND_ASSIGN(const std::vector<CatalogChange> entries, log_->ReadCatalog());
  ASSERT_OK_AND_ASSIGN(const auto catalog, Catalog().Apply(entries, log_->catalog_version()));
  EXPECT_NE(catalog->FindBus("default"), nullptr);
  EXPECT_EQ(catalog->rule_count(), 0);
  EXPECT_EQ(catalog->next_rule_id(), RuleId(4));
  EXPECT_EQ(catalog->next_target_id(), TargetId(10));
  EXPECT_EQ(catalog->version(), CatalogVersion(7));
}

TEST_F(LogTest, CommitsAreReplayedInOrder) {
  AppendEvents(kBus, 0, 2, {kTarget});
  maker_.Begin();
  SettlementRecord settlement;
  settlement.ref = {kTarget, {kBus, Sequence(1)}};
  settlement.token = 99;
  maker_.commit().settlements.push_back(settlement);
  Append();
  Open();
  std::vector<CommitRecord> commits;
  ASSERT_OK(log_->ReplayCommits(Position(), [&](const CommitRecord& commit) {
    commits.push_back(commit);
    return absl::OkStatus();
  }));
  ASSERT_EQ(commits.size(), 2);
  EXPECT_EQ(commits[0].events[1].event->ref, (event::EventRef{kBus, Sequence(2)}));
  EXPECT_THAT(commits[0].events[1].targets, ElementsAre(kTarget));
  EXPECT_EQ(commits[1].settlements[0].token, 99);
  EXPECT_THAT(log_->ReplayCommits(Position(1),
                                  [&](const CommitRecord& commit) {
                                    EXPECT_EQ(commit.position, Position(2));
                                    return absl::AbortedError("enough");
                                  }),
              StatusIs(absl::StatusCode::kAborted));
}

TEST_F(LogTest, EventsOfCommitsThatAreKnownAreLeftOut) {
  for (int i = 0; i < 3; ++i) {
    maker_.Begin();
    for (int n = 0; n < 3; ++n) {
      maker_.Event(n == 1 ? BusId(2) : kBus, absl::StrCat("e", i, n), {kTarget, TargetId(11)});
    }
    SettlementRecord settlement;
    settlement.ref = {kTarget, {kBus, Sequence(1)}};
    settlement.token = 99;
    maker_.commit().settlements.push_back(settlement);
    Append();
  }
  std::vector<size_t> events;
  const auto visit = [&](const CommitRecord& commit) {
    events.push_back(commit.events.size());
    EXPECT_EQ(commit.settlements.size(), 1);
    EXPECT_EQ(commit.settlements[0].token, 99);
    return absl::OkStatus();
  };
  ASSERT_OK(log_->ReplayCommits(Position(), visit, Position(2)));
  EXPECT_THAT(events, ElementsAre(0, 0, 3));
}

TEST_F(LogTest, AWindowIsAlsoBoundedByItsSettlements) {
  for (int i = 0; i < 5; ++i) {
    maker_.Begin().settlements.resize(10);
    for (SettlementRecord& settlement : maker_.commit().settlements) settlement.token = 1;
    Append();
  }
  EXPECT_THAT(log_->FindPositionBefore(0, 1000), IsOkAndHolds(Position()));
  EXPECT_THAT(log_->FindPositionBefore(0, 50), IsOkAndHolds(Position()));
  EXPECT_THAT(log_->FindPositionBefore(0, 49), IsOkAndHolds(Position(1)));
  EXPECT_THAT(log_->FindPositionBefore(0, 20), IsOkAndHolds(Position(3)));
  EXPECT_THAT(log_->FindPositionBefore(maker_.commit().time_us, 1000), IsOkAndHolds(Position(4)));
}

// ---- refusals

TEST_F(LogTest, ASecondProcessIsRefusedAndToldWhere) {
  Log::Options options;
  options.directory = dir_.path();
  EXPECT_THAT(Log::Open(options), StatusIs(absl::StatusCode::kUnavailable, HasSubstr(dir_.path())));
}

TEST_F(LogTest, ANewerFormatIsRefused) {
  Overwrite(Family::kMeta, kFormatVersionKey, "3");
  EXPECT_THAT(Reopen(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("format 3")));
  Overwrite(Family::kMeta, kFormatVersionKey, "1");
  EXPECT_OK(Reopen());
}

TEST_F(LogTest, AMissingStoreIsNotMadeWhenNotWanted) {
  Log::Options options;
  options.directory = dir_.File("none");
  options.create_if_missing = false;
  EXPECT_THAT(Log::Open(options), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_FALSE(std::filesystem::exists(options.directory));
}

TEST_F(LogTest, ADirectoryThatCannotBeMadeIsRefused) {
  std::ofstream(dir_.File("file")) << "x";
  Log::Options options;
  options.directory = dir_.File("file/below");
  EXPECT_THAT(Log::Open(options),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("file/below")));
}

TEST_F(LogTest, ACorruptBlockIsDataLossAndNamed) {
  AppendEvents(kBus, 0, 3);
  const Key key = BlockKey(kBus, Sequence(3));
  for (const Family family : {Family::kBlock, Family::kPayload}) {
    const std::string good = Stored(family, key.view());
    std::string bad = good;
    bad[bad.size() / 2] ^= 1;
    Overwrite(family, key.view(), bad);
    tail_cache_bytes_ = 0;
    if (family == Family::kBlock) {
      EXPECT_THAT(Reopen(), StatusIs(absl::StatusCode::kDataLoss,
                                     HasSubstr("00000000000000010000000000000003 of block")));
    } else {
      Open();
      EXPECT_THAT(log_->ReadEvent({kBus, Sequence(2)}),
                  StatusIs(absl::StatusCode::kDataLoss, HasSubstr("of payload")));
    }
    Overwrite(family, key.view(), good);
  }
  Open();
  EXPECT_OK(log_->ReadEvent({kBus, Sequence(2)}));
}

TEST_F(LogTest, ACorruptCommitRefusesTheStart) {
  AppendEvents(kBus, 0, 1);
  AppendEvents(kBus, 1, 1);
  const Key key = CommitKey(Position(1));
  std::string bad = Stored(Family::kCommit, key.view());
  bad.back() ^= 1;
  Overwrite(Family::kCommit, key.view(), bad);
  EXPECT_THAT(Reopen(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("of commit")));
}

TEST_F(LogTest, FewerCommitsThanWereAcknowledgedRefuseTheStart) {
  AppendEvents(kBus, 0, 1);
  AppendEvents(kBus, 1, 1);
  log_.reset();
  {
    auto database = Database::Open({.directory = dir_.path()});
    ASSERT_OK(database);
    rocksdb::WriteBatch batch;
    batch.Delete((*database)->handle(Family::kCommit), ToSlice(CommitKey(Position(2)).view()));
    ASSERT_OK((*database)->Write(batch, true));
  }
  EXPECT_THAT(Reopen(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("acknowledged")));
  std::filesystem::remove(dir_.File("ACKNOWLEDGED"));
  EXPECT_OK(Reopen());
}

TEST_F(LogTest, AfterAFailedAppendTheStoreHoldsWhatWasAcknowledged) {
  if (!failpoint::kEnabled) GTEST_SKIP() << "built without fail points";
  AppendEvents(kBus, 0, 1);
  {
    failpoint::ScopedFailure failure("store.before_append", absl::InternalError("injected"));
    maker_.Begin();
    maker_.Event(kBus, "lost", {});
    EXPECT_THAT(log_->Append(maker_.commit()), StatusIs(absl::StatusCode::kInternal));
  }
  // The cause is gone, the error stays.
  EXPECT_THAT(log_->Append(maker_.commit()), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(log_->WriteCheckpoint(Position(1), {}, {}, 0), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(log_->DropEvents(kBus, Sequence(2)), StatusIs(absl::StatusCode::kInternal));
  Open();
  EXPECT_EQ(log_->last_position(), Position(1));
  EXPECT_THAT(log_->EventRange(kBus), Pair(Sequence(1), Sequence(1)));
}

}  // namespace
}  // namespace pavane::store
