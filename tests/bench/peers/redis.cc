// Redis Streams: XADD in pipelines, XREADGROUP and XACK of up to 256.
#include <poll.h>

#include <cstring>
#include <string>
#include <vector>

#include <hiredis/hiredis.h>

#include "tests/bench/broker/tally.h"
#include "tests/bench/broker/workload.h"
#include "tests/bench/peers/peer.h"

namespace pavane::bench {
namespace {

constexpr uint64_t kPipeline = 256;
constexpr uint64_t kPipelines = 2;  // outstanding at one time

void Check(redisContext* redis, redisReply* reply) {
  if (reply == nullptr) PeerFailed(std::string("redis: ") + redis->errstr);
  if (reply->type == REDIS_REPLY_ERROR) PeerFailed(std::string("redis: ") + reply->str);
}

void Discard(redisContext* redis, void* reply) {
  Check(redis, static_cast<redisReply*>(reply));
  freeReplyObject(reply);
}

redisReply* NextReply(redisContext* redis) {
  void* reply = nullptr;
  if (redisGetReply(redis, &reply) != REDIS_OK) PeerFailed(std::string("redis: ") + redis->errstr);
  Check(redis, static_cast<redisReply*>(reply));
  return static_cast<redisReply*>(reply);
}

void Setup(redisContext* redis, int groups) {
  for (int i = 0; i < groups; ++i) {
    Discard(redis, redisCommand(redis, "XGROUP CREATE orders group%d 0 MKSTREAM", i));
  }
}

class Producer {
 public:
  Producer(redisContext* redis, const PeerCommand& command) : redis_(redis), command_(command) {}

  void Run() {
    const double cpu_start = CpuSeconds();
    const uint64_t start_ns = NowNs();
    if (command_.rate > 0) {
      RunPaced();
    } else {
      RunFast();
    }
    PrintProduced(start_ns, cpu_start);
  }

 private:
  void Add(uint64_t number, uint64_t made_ns) {
    const std::string_view data = orders_.Data(number, made_ns);
    const char* words[] = {"XADD", "orders", "*", "order", data.data()};
    const size_t sizes[] = {4, 6, 1, 5, data.size()};
    redisAppendCommandArgv(redis_, 5, words, sizes);
    ++outstanding_;
  }

  void Flush() {
    for (int done = 0; done == 0;) {
      if (redisBufferWrite(redis_, &done) != REDIS_OK) {
        PeerFailed(std::string("redis: ") + redis_->errstr);
      }
    }
  }

  void RunFast() {
    uint64_t next = 0;
    while (next < command_.count || outstanding_ > 0) {
      while (outstanding_ < kPipelines * kPipeline && next < command_.count) {
        for (uint64_t i = 0; i < kPipeline && next < command_.count; ++i) Add(next++, NowNs());
        Flush();
      }
      for (uint64_t i = std::min(outstanding_, kPipeline); i > 0; --i) TakeReply();
    }
  }

  // Each order at its time, alone; replies are taken as they come.
  void RunPaced() {
    const Pace pace(command_.rate);
    for (uint64_t i = 0; i < command_.count; ++i) {
      Add(i, pace.Await(i));
      Flush();
      pollfd readable{redis_->fd, POLLIN, 0};
      while (outstanding_ > 0 && ::poll(&readable, 1, 0) > 0) TakeReply();
    }
    while (outstanding_ > 0) TakeReply();
  }

  void TakeReply() {
    freeReplyObject(NextReply(redis_));
    --outstanding_;
  }

  redisContext* const redis_;
  const PeerCommand command_;
  Orders orders_;
  uint64_t outstanding_ = 0;
};

// Acks the last batch and asks for the next one in one round trip.
void Consume(redisContext* redis, const PeerCommand& command) {
  const std::string group = "group" + std::to_string(command.group);
  Tally tally(command.count);
  std::vector<std::string> ids;
  const auto append_acks = [&] {
    std::vector<const char*> words = {"XACK", "orders", group.c_str()};
    std::vector<size_t> sizes = {4, 6, group.size()};
    for (const std::string& id : ids) {
      words.push_back(id.data());
      sizes.push_back(id.size());
    }
    redisAppendCommandArgv(redis, static_cast<int>(words.size()), words.data(), sizes.data());
  };
  PrintReady();
  for (bool done = false; !done;) {
    const bool acks = !ids.empty();
    if (acks) append_acks();
    ids.clear();
    redisAppendCommand(redis, "XREADGROUP GROUP %s c COUNT 256 BLOCK 2000 STREAMS orders >",
                       group.c_str());
    if (acks) freeReplyObject(NextReply(redis));
    redisReply* reply = NextReply(redis);
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0) {
      const redisReply* entries = reply->element[0]->element[1];
      for (size_t i = 0; i < entries->elements; ++i) {
        const redisReply* entry = entries->element[i];
        ids.emplace_back(entry->element[0]->str);
        const redisReply* data = entry->element[1]->element[1];
        if (tally.Count({data->str, data->len})) done = true;
      }
    }
    freeReplyObject(reply);
  }
  append_acks();
  freeReplyObject(NextReply(redis));
  tally.Print(NowNs());
}

int Main(const PeerCommand& command) {
  const size_t colon = command.address.find(':');
  redisContext* redis = redisConnect(command.address.substr(0, colon).c_str(),
                                     std::atoi(command.address.c_str() + colon + 1));
  if (redis == nullptr || redis->err != 0) PeerFailed("redis: no connection");
  if (command.role == "setup") Setup(redis, command.group);
  if (command.role == "produce") Producer(redis, command).Run();
  if (command.role == "consume") Consume(redis, command);
  redisFree(redis);
  return 0;
}

}  // namespace
}  // namespace pavane::bench

int main(int argc, char** argv) {
  return pavane::bench::Main(pavane::bench::ReadPeerCommand(argc, argv));
}
