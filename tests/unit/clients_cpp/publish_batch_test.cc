#include "clients/cpp/src/publish_batch.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pavane/v1/publisher.pb.h"

namespace pavane::internal {
namespace {

std::string Entry(const std::string& id, size_t data_bytes) {
  pavane::v1::PublishEntry entry;
  entry.mutable_event()->set_id(id);
  entry.mutable_event()->set_text_data(std::string(data_bytes, 'x'));
  entry.set_bus("orders");
  return entry.SerializeAsString();
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

TEST(PublishBatch, IsThePublishStreamRequestOfTheProtocol) {
  auto batch = std::make_shared<PublishBatch>(700);
  batch->Add(Entry("a", 1));
  batch->Add(Entry("b", 300));
  pavane::v1::PublishStreamRequest request;
  ASSERT_TRUE(request.ParseFromString(Bytes(PublishBatch::ToByteBuffer(batch))));
  EXPECT_EQ(request.request_id(), 700u);
  ASSERT_EQ(request.publish().entries_size(), 2);
  EXPECT_EQ(request.publish().entries(0).event().id(), "a");
  EXPECT_EQ(request.publish().entries(1).event().text_data().size(), 300u);
  EXPECT_EQ(request.publish().entries(1).bus(), "orders");
}

TEST(PublishBatch, GivesEachEntryBackAsItCame) {
  PublishBatch batch(1);
  for (const size_t bytes : {0u, 120u, 20'000u}) batch.Add(Entry("id", bytes));
  ASSERT_EQ(batch.size(), 3u);
  EXPECT_EQ(batch.entry(0), Entry("id", 0));
  EXPECT_EQ(batch.entry(1), Entry("id", 120));
  EXPECT_EQ(batch.entry(2), Entry("id", 20'000));
  EXPECT_EQ(EventIdOf(batch.entry(2)), "id");
}

TEST(PublishBatch, BytesOutliveIt) {
  auto batch = std::make_shared<PublishBatch>(1);
  batch->Add(Entry("a", 1));
  const grpc::ByteBuffer buffer = PublishBatch::ToByteBuffer(batch);
  batch.reset();
  pavane::v1::PublishStreamRequest request;
  ASSERT_TRUE(request.ParseFromString(Bytes(buffer)));
  EXPECT_EQ(request.publish().entries(0).event().id(), "a");
}

}  // namespace
}  // namespace pavane::internal
