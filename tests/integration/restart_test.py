"""What is promised when the broker ends: drained, killed, or because its store failed."""

import base64
import json
import os
import resource
import tempfile
import unittest

import grpc

from generic_client import EVENTS, PROTOCOL, PUBLISHER, RULES, SUBSCRIBER, Stream, event, reason_name
from running_broker import Broker, await_true, http_get


def incompressible(size=100_000):
    return json.dumps({"a": base64.b64encode(os.urandom(size)).decode()})


class StoreFailureTest(unittest.TestCase):
    """A store that cannot write ends the broker, and nothing that was acknowledged is lost."""

    def test_a_failed_write_ends_the_broker_with_its_code(self):
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(folder)
            self.addCleanup(broker.kill)
            # From now on no file may grow beyond 4 MiB.
            resource.prlimit(broker.process.pid, resource.RLIMIT_FSIZE, (4 << 20, 4 << 20))
            acknowledged, error = [], None
            while error is None:
                id_ = f"e-{len(acknowledged)}"
                try:
                    result = PROTOCOL.call(broker.channel, PUBLISHER, "Publish",
                                           entries=[{"event": event(id_, data=incompressible())}]).results[0]
                    self.assertFalse(result.HasField("error"), result)
                    acknowledged.append((id_, result.sequence))
                except grpc.RpcError as refused:
                    error = refused
                self.assertLess(len(acknowledged), 1_000, "the limit was never met")
            self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE)
            self.assertEqual(http_get(broker.http + "/readyz")[0], 503)
            self.assertEqual(broker.process.wait(timeout=60), 74)
            broker.start()
            for id_, sequence in acknowledged:
                stored = PROTOCOL.call(broker.channel, EVENTS, "GetEvent", sequence=sequence).events[0]
                self.assertEqual(stored.event.id, id_)
            self.assertEqual(broker.stop(), 0)


class RestartTest(unittest.TestCase):
    """What is promised over a restart, orderly or not."""

    def test_everything_is_there_after_a_kill(self):
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(folder)
            self.addCleanup(broker.kill)
            PROTOCOL.call(broker.channel, RULES, "PutRule", rule={
                "name": "r", "pattern": '{"source":["shop"]}', "targets": [{"id": "t", "address": "service:s"}]})
            first = PROTOCOL.call(broker.channel, PUBLISHER, "Publish",
                                  entries=[{"event": event("k-1")}, {"event": event("k-2")}]).results
            old = PROTOCOL.call(broker.channel, SUBSCRIBER, "Pull", service="s", deliveries_max=2).deliveries
            self.assertEqual(len(old), 2)
            acked = {"delivery_id": old[0].delivery_id, "ack": {"emits": [{"event": event("k-3", source="other")}]}}
            before = PROTOCOL.call(broker.channel, SUBSCRIBER, "Settle", service="s", settlements=[acked]).results[0]
            broker.kill()
            broker.start()
            again = PROTOCOL.call(broker.channel, PUBLISHER, "Publish", entries=[{"event": event("k-1")}]).results[0]
            self.assertEqual((again.duplicate, again.sequence), (True, first[0].sequence))
            repeated = PROTOCOL.call(broker.channel, SUBSCRIBER, "Settle", service="s", settlements=[acked]).results[0]
            self.assertTrue(repeated.repeated, repeated)
            self.assertEqual(repeated.emits[0].sequence, before.emits[0].sequence)
            late = PROTOCOL.call(broker.channel, SUBSCRIBER, "Settle", service="s",
                                 settlements=[{"delivery_id": old[1].delivery_id, "ack": {}}]).results[0]
            self.assertEqual(reason_name(late.error), "LEASE_EXPIRED")
            pulled = await_true(lambda: PROTOCOL.call(broker.channel, SUBSCRIBER, "Pull", service="s", deliveries_max=5,
                                                      wait={"seconds": 5}).deliveries)
            self.assertEqual([(d.event.id, d.attempt) for d in pulled], [("k-2", 1)])
            self.assertEqual(broker.stop(), 0)

    def test_a_drain_awaits_settlements_and_refuses_publishes(self):
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(folder)
            self.addCleanup(broker.kill)
            PROTOCOL.call(broker.channel, RULES, "PutRule", rule={
                "name": "r", "pattern": '{"source":["shop"]}', "targets": [{"id": "t", "address": "service:s"}]})
            stream = Stream(broker.channel)
            stream.say(open={"service": "s", "credit": {"messages": 10}})
            stream.next("opened")
            PROTOCOL.call(broker.channel, PUBLISHER, "Publish", entries=[{"event": event("d-1")}])
            delivery = stream.deliveries(1)[0]
            broker.process.terminate()
            stream.next("draining")
            with self.assertRaises(grpc.RpcError) as refused:
                PROTOCOL.call(broker.channel, PUBLISHER, "Publish", entries=[{"event": event("d-2")}])
            self.assertEqual(refused.exception.code(), grpc.StatusCode.UNAVAILABLE)
            self.assertFalse(stream.settle(delivery_id=delivery.delivery_id, ack={}).HasField("error"))
            self.assertEqual(broker.process.wait(timeout=60), 0)


if __name__ == "__main__":
    unittest.main()
