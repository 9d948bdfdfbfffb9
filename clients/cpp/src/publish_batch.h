#ifndef PAVANE_CLIENTS_CPP_SRC_PUBLISH_BATCH_H_
#define PAVANE_CLIENTS_CPP_SRC_PUBLISH_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <grpcpp/support/byte_buffer.h>

namespace pavane {
inline namespace client {
namespace internal {

// One PublishStreamRequest as the bytes that go out. Its entries are serialized when they are
// published, on the caller's thread: from there on an event is one string, not a tree of objects
// that another thread takes apart. Filled by one thread, then immutable.
class PublishBatch {
 public:
  explicit PublishBatch(uint64_t request_id) : request_id_(request_id) {}

  // `entry`: a serialized pavane.v1.PublishEntry.
  void Add(std::string_view entry);

  uint64_t request_id() const { return request_id_; }
  size_t size() const { return ends_.size(); }
  // As Add got it.
  std::string_view entry(size_t i) const;

  // The message. Shares the bytes, which live on with it.
  static grpc::ByteBuffer ToByteBuffer(const std::shared_ptr<const PublishBatch>& batch);

 private:
  // Where the element begins, header included.
  size_t Begin(size_t i) const { return i == 0 ? 0 : ends_[i - 1]; }

  const uint64_t request_id_;
  // A pavane.v1.PublishRequest: its repeated field, one element after the other.
  std::string entries_;
  std::vector<size_t> ends_;
};

// The event's id in a serialized pavane.v1.PublishEntry.
std::string EventIdOf(std::string_view entry);

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_PUBLISH_BATCH_H_
