#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "base/random.h"
#include "store/block_codec.h"
#include "store/commit_codec.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/record_codec.h"
#include "store/wire.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/store/store_fixture.h"

namespace pavane::store {
namespace {

using ::pavane::testing::StatusIs;
using ::testing::HasSubstr;

std::string Sealed(absl::string_view key, const std::string& payload, uint8_t flags = 0) {
  std::string value;
  BeginEnvelope(value);
  value += payload;
  SealEnvelope(key, flags, value);
  return value;
}

TEST(WireTest, NumbersComeBack) {
  std::string bytes;
  WireWriter out(bytes);
  const std::vector<uint64_t> numbers = {0, 1, 127, 128, 300, 1ull << 32, UINT64_MAX};
  for (const uint64_t number : numbers) out.Varint(number);
  const std::vector<int64_t> signed_numbers = {0, -1, 1, INT64_MIN, INT64_MAX};
  for (const int64_t number : signed_numbers) out.Signed(number);
  out.Fixed64(0x0102030405060708);
  out.Bytes("abc");
  WireReader in(bytes);
  for (const uint64_t number : numbers) EXPECT_EQ(in.Varint(), number);
  for (const int64_t number : signed_numbers) EXPECT_EQ(in.Signed(), number);
  EXPECT_EQ(in.Fixed64(), 0x0102030405060708u);
  EXPECT_EQ(in.Bytes(), "abc");
  EXPECT_TRUE(in.done());
}

TEST(WireTest, ReadingBeyondTheEndFailsAndGivesZero) {
  for (const absl::string_view bytes :
       {absl::string_view(""), absl::string_view("\x80"), absl::string_view("\xff\xff\xff")}) {
    WireReader in(bytes);
    EXPECT_EQ(in.Varint(), 0u);
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.Fixed64(), 0u);
  }
  WireReader too_long("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  EXPECT_EQ(too_long.Varint(), 0u);
  EXPECT_FALSE(too_long.ok());
  WireReader count(
      "\x05"
      "ab");
  EXPECT_EQ(count.Count(), 0u);
  EXPECT_FALSE(count.ok());
}

TEST(EnvelopeTest, AnyFlippedBitIsFound) {
  const std::string key = "key";
  const std::string value = Sealed(key, "some payload of a record");
  EXPECT_OK(OpenEnvelope("commit", key, value));
  for (size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string flipped = value;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(OpenEnvelope("commit", key, flipped).ok()) << "bit " << bit;
  }
}

TEST(EnvelopeTest, AValueUnderAnotherKeyIsRefusedAndNamed) {
  const std::string value = Sealed("key", "payload");
  EXPECT_THAT(OpenEnvelope("commit", "kez", value),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("record 6b657a of commit")));
}

TEST(EnvelopeTest, ANewerVersionIsNotCalledCorrupt) {
  std::string value = Sealed("key", "payload");
  value[0] = 2;
  EXPECT_THAT(OpenEnvelope("commit", "key", value),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("format 2")));
}

TEST(EnvelopeTest, UnknownFlagsMeanANewerBroker) {
  EXPECT_THAT(OpenEnvelope("commit", "key", Sealed("key", "payload", 64)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("newer")));
}

TEST(KeysTest, SortAsTheirNumbersDo) {
  EXPECT_LT(CommitKey(Position(255)).view(), CommitKey(Position(256)).view());
  EXPECT_LT(ExceptionRecordKey(TargetId(1), -5, {}).view(),
            ExceptionRecordKey(TargetId(1), 3, {}).view());
  EXPECT_LT(ExceptionRecordKey(TargetId(1), INT64_MAX, {}).view(),
            ExceptionRecordKey(TargetId(2), INT64_MIN, {}).view());
  EXPECT_EQ(ReadKey64(BlockKey(BusId(3), Sequence(77)).view(), 8), 77u);
}

// Events of one bus with every column used, or hardly any.
std::vector<event::StoredEventPtr> RandomEvents(Random& random, size_t count) {
  const bool plain = random.Uniform(2) == 0;
  std::vector<event::StoredEventPtr> events;
  int64_t accepted_us = 1'700'000'000'000'000;
  const uint64_t first = 1 + random.Uniform(1000);
  for (size_t i = 0; i < count; ++i) {
    event::StoredEvent event =
        NewEvent(BusId(3), absl::StrCat("event-", first + i), random.Uniform(600));
    event.ref.sequence = Sequence(first + i);
    event.catalog_version = CatalogVersion(4);
    if (!plain) {
      accepted_us += static_cast<int64_t>(random.Uniform(3));
      event.catalog_version = CatalogVersion(random.Uniform(1000));
      event.matched_rules = static_cast<uint32_t>(random.Uniform(300));
      event.hops = static_cast<uint32_t>(random.Uniform(9));
      if (random.Uniform(2) == 0) {
        event.cause = event::EventRef{BusId(1 + random.Uniform(9)), Sequence(random.Uint64())};
      }
      if (random.Uniform(2) == 0) event.dedup_hash = {random.Uint64(), random.Uint64()};
    }
    event.accepted_us = accepted_us;
    events.push_back(std::make_shared<const event::StoredEvent>(std::move(event)));
  }
  return events;
}

void ExpectSame(const event::StoredEvent& a, const event::StoredEvent& b) {
  EXPECT_EQ(a.ref, b.ref);
  EXPECT_EQ(a.accepted_us, b.accepted_us);
  EXPECT_EQ(a.dedup_hash, b.dedup_hash);
  EXPECT_EQ(a.id_hash, b.id_hash);
  EXPECT_EQ(a.correlation_hash, b.correlation_hash);
  EXPECT_EQ(a.catalog_version, b.catalog_version);
  EXPECT_EQ(a.matched_rules, b.matched_rules);
  EXPECT_EQ(a.hops, b.hops);
  EXPECT_EQ(a.cause, b.cause);
  EXPECT_EQ(a.bytes, b.bytes);
}

TEST(BlockCodecTest, RandomBlocksComeBack) {
  const uint64_t seed = SystemRandom::Get().Uint64();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  SeededRandom random(seed);
  for (int round = 0; round < 200; ++round) {
    const auto events = RandomEvents(random, 1 + random.Uniform(60));
    const Key key = BlockKey(BusId(3), events.back()->ref.sequence);
    std::string head;
    AppendBlockHead(events, head);
    head = Sealed(key.view(), head);
    std::string payload;
    std::string scratch;
    const uint8_t flags = AppendPayload(events, random.Uniform(2) == 0, scratch, payload);
    payload = Sealed(key.view(), payload, flags);

    Block block;
    ASSERT_OK_AND_ASSIGN(block.head, DecodeBlockHead("block", key.view(), head));
    ASSERT_OK_AND_ASSIGN(block.payload, DecodePayload("payload", key.view(), payload));
    ASSERT_EQ(block.head.events.size(), events.size());
    ASSERT_EQ(block.head.events.back().end, block.payload.size());
    ASSERT_OK_AND_ASSIGN(const BlockHashes hashes, DecodeBlockHashes("block", key.view(), head));
    EXPECT_EQ(hashes.count, events.size());
    EXPECT_EQ(hashes.first, events.front()->ref.sequence);
    for (size_t i = 0; i < events.size(); ++i) {
      ExpectSame(*block.Event(i), *events[i]);
      WireReader id(hashes.id.substr(i * 16, 16));
      EXPECT_EQ(id.Hash(), events[i]->id_hash);
      WireReader flow(hashes.correlation.substr(i * 16, 16));
      EXPECT_EQ(flow.Hash(), events[i]->correlation_hash);
    }
  }
}

TEST(BlockCodecTest, LargeTextIsCompressedAndNoiseIsNot) {
  SeededRandom random(1);
  std::vector<event::StoredEventPtr> text;
  std::vector<event::StoredEventPtr> noise;
  for (int i = 0; i < 50; ++i) {
    event::StoredEvent event = NewEvent(BusId(3), absl::StrCat("event-", i), 512);
    text.push_back(std::make_shared<const event::StoredEvent>(event));
    for (char& c : event.bytes) c = static_cast<char>(random.Uint64());
    noise.push_back(std::make_shared<const event::StoredEvent>(event));
  }
  size_t noise_bytes = 0;
  for (const auto& event : noise) noise_bytes += event->bytes.size();
  std::string scratch;
  std::string out;
  EXPECT_EQ(AppendPayload(text, true, scratch, out), kLz4);
  EXPECT_LT(out.size(), 50 * 512 / 2);
  out.clear();
  EXPECT_EQ(AppendPayload(noise, true, scratch, out), 0);
  EXPECT_EQ(out.size(), noise_bytes);
}

TEST(BlockCodecTest, BytesThatAreNoBlockAreDataLoss) {
  SeededRandom random(2);
  const auto events = RandomEvents(random, 20);
  const Key key = BlockKey(BusId(3), events.back()->ref.sequence);
  std::string head;
  AppendBlockHead(events, head);
  for (int round = 0; round < 3000; ++round) {
    std::string broken = head;
    for (uint64_t n = 1 + random.Uniform(4); n > 0; --n) {
      broken[random.Uniform(broken.size())] = static_cast<char>(random.Uint64());
    }
    if (random.Uniform(3) == 0) broken.resize(random.Uniform(broken.size()));
    // The checksum is right: the decoder alone must stand it.
    const auto decoded = DecodeBlockHead("block", key.view(), Sealed(key.view(), broken));
    if (!decoded.ok()) {
      EXPECT_THAT(decoded, StatusIs(absl::StatusCode::kDataLoss));
    }
    DecodeBlockHashes("block", key.view(), Sealed(key.view(), broken)).IgnoreError();
    DecodePayload("payload", key.view(), Sealed(key.view(), broken, kLz4)).IgnoreError();
  }
}

CommitRecord RandomCommit(Random& random) {
  CommitRecord commit;
  commit.position = Position(1 + random.Uniform(1'000'000));
  commit.time_us = 1'700'000'000'000'000 + static_cast<int64_t>(random.Uniform(1'000'000));
  commit.catalog_version = CatalogVersion(random.Uniform(1000));
  uint64_t sequences[4] = {random.Uniform(1000), random.Uniform(1000), 0, 0};
  for (uint64_t n = random.Uniform(40); n > 0; --n) {
    const uint64_t bus = random.Uniform(4);
    auto event = std::make_shared<event::StoredEvent>();
    event->ref = {BusId(bus + 1), Sequence(++sequences[bus])};
    event->matched_rules = static_cast<uint32_t>(random.Uniform(3));
    std::vector<TargetId> targets;
    for (uint64_t t = random.Uniform(4); t > 0; --t) {
      targets.emplace_back(1 + t * 100 + random.Uniform(100));
    }
    std::vector<uint64_t> key_hashes;
    if (random.Uniform(3) == 0) {
      for (size_t i = 0; i < targets.size(); ++i) {
        key_hashes.push_back(random.Uniform(2) == 0 ? 0 : random.Uint64());
      }
    }
    commit.events.push_back({event, targets, key_hashes});
  }
  const auto ref = [&] {
    return DeliveryRef{TargetId(1 + random.Uniform(1000)),
                       {BusId(1 + random.Uniform(3)), Sequence(1 + random.Uniform(100'000))}};
  };
  const uint64_t usual_hash = random.Uint64();
  for (uint64_t n = random.Uniform(60); n > 0; --n) {
    SettlementRecord settlement;
    settlement.ref = ref();
    settlement.outcome = static_cast<Outcome>(1 + random.Uniform(5));
    settlement.reason = static_cast<FailureReason>(random.Uniform(kFailureReasons + 1));
    settlement.attempt_counted = random.Uniform(2) == 0;
    settlement.first_attempt = random.Uniform(2) == 0;
    settlement.was_exception = random.Uniform(2) == 0;
    settlement.to_dead_letters = random.Uniform(2) == 0;
    settlement.client_outcome = static_cast<ClientOutcome>(random.Uniform(5));
    if (random.Uniform(4) > 0) {
      settlement.boot = BootNumber(static_cast<uint32_t>(random.Uniform(9)));
      settlement.token = random.Uint64();
      settlement.content_hash = random.Uniform(3) == 0 ? random.Uint64() : usual_hash;
    }
    for (uint64_t e = random.Uniform(6); e > 3; --e) {
      settlement.emitted.push_back({{BusId(1), Sequence(random.Uniform(1000))},
                                    static_cast<uint32_t>(random.Uniform(5)),
                                    random.Uniform(2) == 0,
                                    absl::StrCat("id-", random.Uniform(1000)),
                                    random.Uniform(2) == 0});
    }
    commit.settlements.push_back(settlement);
  }
  for (uint64_t n = random.Uniform(5); n > 0; --n) {
    const DeliveryRef of = ref();
    commit.exceptions.push_back(MakeException(of.target, of.event, random.Uniform(1000)));
    commit.exceptions_erased.push_back(MakeException(of.target, of.event, -5));
    commit.dead_letters.push_back(MakeLetter(of.target, of.event, random.Uint64()));
    commit.dead_letters_erased.push_back(MakeLetter(of.target, of.event, random.Uint64()));
    if (random.Uniform(2) == 0) {
      commit.dead_letters_erased.back().blocks_key = true;
      commit.dead_letters_erased.back().key_hash = random.Uint64() | 1;
    }
    commit.catalog.push_back({CatalogChange::Kind::kRule, random.Uint64(), false, "bytes"});
  }
  for (uint64_t n = random.Uniform(6); n > 3; --n) {
    event::StoredEvent event;
    event.ref.bus = BusId(1 + random.Uniform(3));
    event.bytes = absl::StrCat("scheduled ", n);
    event.id_hash = {random.Uint64(), random.Uint64()};
    event.dedup_hash = {random.Uint64(), 0};
    event.correlation_hash = {0, random.Uint64()};
    if (random.Uniform(2) == 0) event.cause = ref().event;
    commit.scheduled.push_back({random.Uint64(), static_cast<int64_t>(random.Uint64() >> 1), 5,
                                std::make_shared<const event::StoredEvent>(event)});
    commit.scheduled_erased.push_back({random.Uint64(), -5, 0, nullptr});
  }
  for (uint64_t n = random.Uniform(6); n > 3; --n) {
    commit.fills.push_back({TargetId(random.Uint64()), BusId(1 + random.Uniform(3)),
                            Sequence(random.Uint64()), Sequence(random.Uint64()),
                            static_cast<int64_t>(random.Uint64() >> 1)});
  }
  return commit;
}

void ExpectSame(const SettlementRecord& a, const SettlementRecord& b) {
  EXPECT_EQ(a.ref, b.ref);
  EXPECT_EQ(a.outcome, b.outcome);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.attempt_counted, b.attempt_counted);
  EXPECT_EQ(a.first_attempt, b.first_attempt);
  EXPECT_EQ(a.was_exception, b.was_exception);
  EXPECT_EQ(a.to_dead_letters, b.to_dead_letters);
  EXPECT_EQ(a.client_outcome, b.client_outcome);
  EXPECT_EQ(a.boot, b.boot);
  EXPECT_EQ(a.token, b.token);
  EXPECT_EQ(a.content_hash, b.content_hash);
  ASSERT_EQ(a.emitted.size(), b.emitted.size());
  for (size_t i = 0; i < a.emitted.size(); ++i) {
    EXPECT_EQ(a.emitted[i].event, b.emitted[i].event);
    EXPECT_EQ(a.emitted[i].matched_rules, b.emitted[i].matched_rules);
    EXPECT_EQ(a.emitted[i].duplicate, b.emitted[i].duplicate);
    EXPECT_EQ(a.emitted[i].scheduled, b.emitted[i].scheduled);
    EXPECT_EQ(a.emitted[i].event_id, b.emitted[i].event_id);
  }
}

TEST(CommitCodecTest, RandomCommitsComeBack) {
  const uint64_t seed = SystemRandom::Get().Uint64();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  SeededRandom random(seed);
  for (int round = 0; round < 300; ++round) {
    const CommitRecord commit = RandomCommit(random);
    const Key key = CommitKey(commit.position);
    std::string bytes;
    const uint8_t flags = AppendCommit(commit, bytes);
    ASSERT_OK_AND_ASSIGN(const CommitRecord back,
                         DecodeCommit("commit", key.view(), Sealed(key.view(), bytes, flags)));
    EXPECT_EQ(back.position, commit.position);
    EXPECT_EQ(back.time_us, commit.time_us);
    EXPECT_EQ(back.catalog_version, commit.catalog_version);
    ASSERT_EQ(back.events.size(), commit.events.size());
    for (size_t i = 0; i < back.events.size(); ++i) {
      EXPECT_EQ(back.events[i].event->ref, commit.events[i].event->ref);
      EXPECT_EQ(back.events[i].event->accepted_us, commit.time_us);
      EXPECT_EQ(back.events[i].event->matched_rules, commit.events[i].event->matched_rules);
      EXPECT_EQ(back.events[i].targets, commit.events[i].targets);
      for (size_t k = 0; k < back.events[i].targets.size(); ++k) {
        EXPECT_EQ(back.events[i].key_hash(k), commit.events[i].key_hash(k));
      }
    }
    ASSERT_EQ(back.settlements.size(), commit.settlements.size());
    for (size_t i = 0; i < back.settlements.size(); ++i) {
      ExpectSame(back.settlements[i], commit.settlements[i]);
    }
    ASSERT_EQ(back.scheduled.size(), commit.scheduled.size());
    ASSERT_EQ(back.scheduled_erased.size(), commit.scheduled_erased.size());
    for (size_t i = 0; i < back.scheduled.size(); ++i) {
      EXPECT_EQ(SerializeScheduled(back.scheduled[i]), SerializeScheduled(commit.scheduled[i]));
      EXPECT_EQ(back.scheduled[i].event->cause, commit.scheduled[i].event->cause);
      EXPECT_EQ(back.scheduled_erased[i].id, commit.scheduled_erased[i].id);
      EXPECT_EQ(back.scheduled_erased[i].due_us, -5);
    }
    EXPECT_EQ(back.fills, commit.fills);
    ASSERT_EQ(back.exceptions.size(), commit.exceptions.size());
    for (size_t i = 0; i < back.exceptions.size(); ++i) {
      EXPECT_EQ(SerializeException(back.exceptions[i]), SerializeException(commit.exceptions[i]));
      EXPECT_EQ(back.exceptions_erased[i].ref, commit.exceptions_erased[i].ref);
      EXPECT_EQ(back.exceptions_erased[i].due_us, -5);
      EXPECT_EQ(SerializeDeadLetter(back.dead_letters[i]),
                SerializeDeadLetter(commit.dead_letters[i]));
      EXPECT_EQ(back.dead_letters_erased[i].id, commit.dead_letters_erased[i].id);
      EXPECT_EQ(back.dead_letters_erased[i].ref, commit.dead_letters_erased[i].ref);
      EXPECT_EQ(back.dead_letters_erased[i].blocks_key, commit.dead_letters_erased[i].blocks_key);
      EXPECT_EQ(back.dead_letters_erased[i].key_hash, commit.dead_letters_erased[i].key_hash);
      EXPECT_EQ(back.catalog[i].id, commit.catalog[i].id);
      EXPECT_EQ(back.catalog[i].bytes, commit.catalog[i].bytes);
    }
  }
}

TEST(CommitCodecTest, BytesThatAreNoCommitAreDataLoss) {
  SeededRandom random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    const uint8_t flags = AppendCommit(RandomCommit(random), bytes);
    for (uint64_t n = 1 + random.Uniform(4); n > 0; --n) {
      bytes[random.Uniform(bytes.size())] = static_cast<char>(random.Uint64());
    }
    if (random.Uniform(3) == 0) bytes.resize(random.Uniform(bytes.size()));
    const Key key = CommitKey(Position(1));
    const auto decoded = DecodeCommit("commit", key.view(), Sealed(key.view(), bytes, flags));
    if (!decoded.ok()) {
      EXPECT_THAT(decoded, StatusIs(absl::StatusCode::kDataLoss));
    }
  }
}

TEST(CommitCodecTest, AnAckTakesFewBytes) {
  CommitRecord commit;
  for (uint64_t i = 0; i < 1000; ++i) {
    SettlementRecord settlement;
    settlement.ref = {TargetId(1 + i % 10), {BusId(1), Sequence(1'000'000 + i)}};
    settlement.client_outcome = ClientOutcome::kAcked;
    settlement.boot = BootNumber(3);
    settlement.token = i * 0x9e3779b97f4a7c15;
    settlement.content_hash = 42;
    commit.settlements.push_back(settlement);
  }
  std::string bytes;
  EXPECT_EQ(AppendCommit(commit, bytes), 0);
  EXPECT_LE(bytes.size(), 16 * 1000);
}

TEST(RecordCodecTest, ATargetStateComesBack) {
  TargetState state;
  state.target = TargetId(4);
  state.bus = BusId(2);
  state.watermark = Sequence(100);
  state.done = {{Sequence(102), Sequence(102)}, {Sequence(110), Sequence(120)}};
  state.pending = 7;
  state.exceptions = 2;
  state.counters.created = 50;
  state.counters.failed_by_reason = {0, 1, 2, 3, 4, 5, 6};
  state.counters.discarded = 9;
  state.blocked = {{~0ull, Sequence(101)}, {7, Sequence(90)}};
  TargetState back;
  ASSERT_TRUE(ParseTargetState(SerializeTargetState(state), back));
  EXPECT_EQ(back.target, state.target);
  EXPECT_EQ(back.bus, state.bus);
  EXPECT_EQ(back.watermark, state.watermark);
  EXPECT_EQ(back.done, state.done);
  EXPECT_EQ(back.pending, state.pending);
  EXPECT_EQ(back.exceptions, state.exceptions);
  EXPECT_EQ(back.counters.created, state.counters.created);
  EXPECT_EQ(back.counters.failed_by_reason, state.counters.failed_by_reason);
  EXPECT_EQ(back.counters.discarded, state.counters.discarded);
  ASSERT_EQ(back.blocked.size(), 2u);
  EXPECT_EQ(back.blocked[0].key_hash, ~0ull);
  EXPECT_EQ(back.blocked[1].sequence, Sequence(90));
}

TEST(RecordCodecTest, ARedrivenDeliveryKeepsItsCopyOfTheEvent) {
  ExceptionRecord exception = MakeException(TargetId(1), {BusId(1), Sequence(1)}, 5);
  exception.event_accepted_us = 4;
  exception.event_bytes = "bytes of an event whose block is gone";
  exception.key_hash = ~0ull;
  exception.in_order = true;
  ExceptionRecord back;
  ASSERT_TRUE(ParseException(SerializeException(exception), back));
  EXPECT_EQ(back.event_accepted_us, exception.event_accepted_us);
  EXPECT_EQ(back.event_bytes, exception.event_bytes);
  EXPECT_EQ(back.key_hash, exception.key_hash);
  EXPECT_TRUE(back.in_order);
}

TEST(RecordCodecTest, AnUnknownKindIsRefused) {
  ExceptionRecord exception = MakeException(TargetId(1), {BusId(1), Sequence(1)}, 5);
  exception.kind = static_cast<ExceptionRecord::Kind>(9);
  ExceptionRecord back;
  EXPECT_FALSE(ParseException(SerializeException(exception), back));
  DeadLetterRecord letter = MakeLetter(TargetId(1), {BusId(1), Sequence(1)}, 5);
  letter.reason = static_cast<FailureReason>(99);
  DeadLetterRecord letter_back;
  EXPECT_FALSE(ParseDeadLetter(SerializeDeadLetter(letter), letter_back));
}

}  // namespace
}  // namespace pavane::store
