// The plain sketch of our own stack, as the measure of what a broker adds to it: a gRPC publish
// stream, one committer thread that writes a RocksDB record for each message and syncs once a
// group, a push stream, acks that delete each record. No rules, leases, retries, nor replay: the
// subscriber must be there before the first publish.
//
//   bench_peer_sketch serve ADDRESS FOLDER fsync|os
//   bench_peer_sketch produce ADDRESS COUNT RATE
//   bench_peer_sketch consume ADDRESS COUNT GROUP
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

#include "tests/bench/broker/tally.h"
#include "tests/bench/broker/workload.h"
#include "tests/bench/peers/peer.h"
#include "tests/bench/peers/peers.grpc.pb.h"

namespace pavane::bench {
namespace {

constexpr uint64_t kMessagesPerBatch = 64;
constexpr uint64_t kWindow = 8'192;  // published and not yet answered
constexpr size_t kQueueMax = 1 << 16;

/// The subscriber's stream: takes committed batches in order, one write at a time.
class Subscription : public grpc::ServerBidiReactor<Ack, Batch> {
 public:
  explicit Subscription(std::function<void(uint64_t)> on_ack) : on_ack_(std::move(on_ack)) {
    StartRead(&ack_);
  }

  void Push(const std::vector<std::shared_ptr<Batch>>& batches) {
    std::lock_guard<std::mutex> lock(mu_);
    waiting_.insert(waiting_.end(), batches.begin(), batches.end());
    if (!writing_) WriteNext();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    on_ack_(ack_.up_to());
    StartRead(&ack_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return;
    std::lock_guard<std::mutex> lock(mu_);
    WriteNext();
  }
  void OnDone() override {}
  void WriteNext() {
    writing_ = !waiting_.empty();
    if (!writing_) return;
    current_ = std::move(waiting_.front());
    waiting_.pop_front();
    StartWrite(current_.get());
  }

  const std::function<void(uint64_t)> on_ack_;
  Ack ack_;
  std::mutex mu_;
  bool writing_ = false;
  std::deque<std::shared_ptr<Batch>> waiting_;
  std::shared_ptr<Batch> current_;
};

class Publication;

/// What waits for the committer.
struct Work {
  std::shared_ptr<Batch> batch;
  Publication* from = nullptr;
};

/// The committer: one write and one sync for all that waits.
class Committer {
 public:
  Committer(const std::string& folder, bool sync) : sync_(sync) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kLZ4Compression;
    options.IncreaseParallelism(2);
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options, folder, &db);
    if (!status.ok()) PeerFailed(status.ToString());
    db_.reset(db);
    thread_ = std::thread([this] { Run(); });
  }

  /// False: the queue is full; the stream is told to read on when it is committed.
  bool Add(Work work);
  void AddAck(uint64_t up_to) {
    std::lock_guard<std::mutex> lock(mu_);
    acked_ = std::max(acked_, up_to);
    came_.notify_one();
  }
  void set_subscription(Subscription* subscription) {
    std::lock_guard<std::mutex> lock(mu_);
    subscription_ = subscription;
  }

 private:
  void Run();
  void Commit(std::vector<Work>& work, uint64_t acked);

  const bool sync_;
  std::unique_ptr<rocksdb::DB> db_;
  std::mutex mu_;
  std::condition_variable came_;
  std::vector<Work> waiting_;
  size_t messages_ = 0;
  uint64_t acked_ = 0;
  Subscription* subscription_ = nullptr;
  // The thread's own.
  uint64_t next_ = 0;
  uint64_t deleted_ = 0;
  std::thread thread_;
};

/// One publish stream.
class Publication : public grpc::ServerBidiReactor<Batch, Ack> {
 public:
  explicit Publication(Committer& committer) : committer_(committer) { Read(); }

  void Read() {
    batch_ = std::make_shared<Batch>();
    StartRead(batch_.get());
  }

  void Committed(uint64_t messages) {
    std::lock_guard<std::mutex> lock(mu_);
    committed_ += messages;
    if (!writing_) Answer();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    if (committer_.Add({batch_, this})) Read();
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return;
    std::lock_guard<std::mutex> lock(mu_);
    writing_ = false;
    if (answered_ < committed_) Answer();
  }
  void OnDone() override {}
  void Answer() {
    writing_ = true;
    answered_ = committed_;
    ack_.set_up_to(answered_);
    StartWrite(&ack_);
  }

  Committer& committer_;
  std::shared_ptr<Batch> batch_;
  std::mutex mu_;
  bool writing_ = false;
  uint64_t committed_ = 0;
  uint64_t answered_ = 0;
  Ack ack_;
};

bool Committer::Add(Work work) {
  std::lock_guard<std::mutex> lock(mu_);
  messages_ += static_cast<size_t>(work.batch->data_size());
  waiting_.push_back(std::move(work));
  came_.notify_one();
  return messages_ <= kQueueMax;
}

void Committer::Run() {
  while (true) {
    std::vector<Work> work;
    uint64_t acked = 0;
    bool was_full = false;
    {
      std::unique_lock<std::mutex> lock(mu_);
      came_.wait(lock, [this] { return !waiting_.empty() || acked_ > deleted_; });
      work.swap(waiting_);
      acked = acked_;
      was_full = std::exchange(messages_, 0) > kQueueMax;
    }
    Commit(work, acked);
    if (was_full) work.back().from->Read();
  }
}

void Committer::Commit(std::vector<Work>& work, uint64_t acked) {
  rocksdb::WriteBatch batch(1 << 20);
  const auto key = [](uint64_t number, char* out) {
    for (int i = 7; i >= 0; --i, number >>= 8) out[i] = static_cast<char>(number);
    return rocksdb::Slice(out, 8);
  };
  char bytes[8];
  for (; deleted_ < acked; ++deleted_) batch.Delete(key(deleted_, bytes));
  std::vector<std::shared_ptr<Batch>> committed;
  for (Work& item : work) {
    item.batch->set_first(next_);
    for (const std::string& data : item.batch->data()) batch.Put(key(next_++, bytes), data);
    committed.push_back(item.batch);
  }
  rocksdb::WriteOptions options;
  options.sync = sync_ && !work.empty();
  const rocksdb::Status status = db_->Write(options, &batch);
  if (!status.ok()) PeerFailed(status.ToString());
  for (Work& item : work) item.from->Committed(static_cast<uint64_t>(item.batch->data_size()));
  std::lock_guard<std::mutex> lock(mu_);
  if (subscription_ != nullptr && !committed.empty()) subscription_->Push(committed);
}

/// Streams live as long as the process: it serves one run.
class Service : public Sketch::CallbackService {
 public:
  explicit Service(Committer& committer) : committer_(committer) {}
  grpc::ServerBidiReactor<Batch, Ack>* Publish(grpc::CallbackServerContext*) override {
    return new Publication(committer_);
  }
  grpc::ServerBidiReactor<Ack, Batch>* Subscribe(grpc::CallbackServerContext*) override {
    auto* subscription = new Subscription([this](uint64_t up_to) { committer_.AddAck(up_to); });
    committer_.set_subscription(subscription);
    return subscription;
  }

 private:
  Committer& committer_;
};

int Serve(const std::string& address, const std::string& folder, bool sync) {
  Committer committer(folder, sync);
  Service service(committer);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) PeerFailed("cannot listen on " + address);
  PrintReady();
  server->Wait();
  return 0;
}

void Produce(Sketch::Stub& stub, const PeerCommand& command) {
  grpc::ClientContext context;
  auto stream = stub.Publish(&context);
  Orders orders;
  std::mutex mu;
  std::condition_variable room;
  uint64_t answered = 0;
  std::thread reader([&] {
    for (Ack ack; stream->Read(&ack);) {
      std::lock_guard<std::mutex> lock(mu);
      answered = ack.up_to();
      room.notify_one();
      if (answered == command.count) return;
    }
    PeerFailed("sketch: the publish stream ended early");
  });
  const double cpu_start = CpuSeconds();
  const uint64_t start_ns = NowNs();
  const Pace pace(command.rate);
  Batch batch;
  for (uint64_t next = 0; next < command.count;) {
    {
      std::unique_lock<std::mutex> lock(mu);
      room.wait(lock, [&] { return next < answered + kWindow; });
    }
    batch.clear_data();
    const uint64_t size = command.rate > 0 ? 1 : kMessagesPerBatch;
    for (uint64_t i = 0; i < size && next < command.count; ++i, ++next) {
      const std::string_view data = orders.Data(next, pace.Await(next));
      batch.add_data(data.data(), data.size());
    }
    if (!stream->Write(batch)) PeerFailed("sketch: the publish stream broke");
  }
  reader.join();
  PrintProduced(start_ns, cpu_start);
  std::_Exit(0);  // no orderly end in a sketch
}

void Consume(Sketch::Stub& stub, const PeerCommand& command) {
  grpc::ClientContext context;
  auto stream = stub.Subscribe(&context);
  Tally tally(command.count);
  stream->Write(Ack());
  PrintReady();
  Batch batch;
  Ack ack;
  for (bool done = false; !done;) {
    if (!stream->Read(&batch)) PeerFailed("sketch: the stream ended early");
    for (const std::string& data : batch.data()) done = tally.Count(data) || done;
    ack.set_up_to(batch.first() + static_cast<uint64_t>(batch.data_size()));
    stream->Write(ack);
  }
  tally.Print(NowNs());
  std::_Exit(0);
}

int Main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "serve") {
    return Serve(argv[2], argv[3], std::strcmp(argv[4], "fsync") == 0);
  }
  const PeerCommand command = ReadPeerCommand(argc, argv);
  const auto stub =
      Sketch::NewStub(grpc::CreateChannel(command.address, grpc::InsecureChannelCredentials()));
  if (command.role == "produce") Produce(*stub, command);
  if (command.role == "consume") Consume(*stub, command);
  return 0;
}

}  // namespace
}  // namespace pavane::bench

int main(int argc, char** argv) { return pavane::bench::Main(argc, argv); }
