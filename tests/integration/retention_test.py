"""What a broker lets go, and when it takes no more: byte limits of buses, floors of the disk."""

import json
import tempfile
import unittest

import grpc

from generic_client import (
    BUSES, EVENTS, PROTOCOL, PUBLISHER, RULES, SUBSCRIBER, BrokerTest, event, reason_name,
)
from running_broker import Broker, await_true, http_get

MIB = 1 << 20
QUARTER = json.dumps({"a": "x" * (MIB // 4)})


class ByteLimitTest(BrokerTest):
    def setUp(self):
        self.call(BUSES, "PutBus", bus={"name": "small", "retention_bytes_max": MIB})
        self.rule("small", "small", '{"source":["needed"]}', bus="small")
        self.ids = iter(range(1_000_000))

    def publish_quarter(self, source="unmatched"):
        return self.publish({"bus": "small", "event": event(f"{source}-{next(self.ids)}", data=QUARTER, source=source)})[0]

    def first(self):
        return self.call(BUSES, "GetBus", name="small").bus.first_sequence

    def test_old_events_go_and_a_delivery_pins_what_it_needs(self):
        for _ in range(8):
            self.assertFalse(self.publish_quarter().HasField("error"))
        await_true(lambda: self.first() >= 5, what="the drop of the oldest events")
        self.assertEqual(self.call(EVENTS, "ListEvents", bus="small").events[0].sequence, self.first())

        # From here on an unsettled delivery needs its event and with it all that come later.
        pinning = self.publish_quarter("needed").sequence
        refused = await_true(lambda: next((r for r in [self.publish_quarter()] if r.HasField("error")), None),
                             what="the refusal")
        self.assertEqual(reason_name(refused.error), "RETENTION_PINNED")
        self.assertEqual(refused.error.code, grpc.StatusCode.RESOURCE_EXHAUSTED.value[0])
        self.assertIn("target 'small/t'", refused.error.message)
        self.assertGreater(refused.error.retry_after.seconds, 0)
        self.assertEqual(self.first(), pinning)
        self.assertGreater(self.publish({"event": event("another-bus")})[0].sequence, 0)
        self.assertRegex(self.broker.metrics(), r'pavane_limit_hits_total\{limit="retention_bytes_max"\} [1-9]')

        delivery = self.pull("small")[0]
        self.assertEqual(delivery.sequence, pinning)
        self.assertFalse(self.settle("small", {"delivery_id": delivery.delivery_id, "ack": {}})[0].HasField("error"))
        await_true(lambda: not self.publish_quarter().HasField("error"), what="publishing after the settlement")


class DiskFloorTest(unittest.TestCase):
    """Floors above any disk: the broker behaves as on a full one."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.broker = Broker(folder.name)
        self.addCleanup(self.broker.kill)
        self.call(RULES, "PutRule", rule={"name": "r", "pattern": '{"source":["shop"]}',
                                          "targets": [{"id": "t", "address": "service:s"}]})
        self.call(PUBLISHER, "Publish", entries=[{"event": event(f"e-{i}")} for i in range(2)])
        self.assertEqual(self.broker.stop(), 0)

    def call(self, service, method, /, **fields):
        return PROTOCOL.call(self.broker.channel, service, method, **fields)

    def restart(self, *flags):
        self.broker.flags = flags
        self.broker.start()
        await_true(lambda: http_get(self.broker.http + "/readyz")[0] == 503, what="/readyz on a full disk")

    def reason_of_publish(self):
        with self.assertRaises(grpc.RpcError) as refused:
            self.call(PUBLISHER, "Publish", entries=[{"event": event("late")}])
        error = dict(refused.exception.trailing_metadata())["pavane-error-bin"]
        return refused.exception.code(), reason_name(PROTOCOL.message("pavane.v1.Error").FromString(error))

    def pull(self):
        return self.call(SUBSCRIBER, "Pull", service="s", deliveries_max=1, wait={"seconds": 20}).deliveries[0]

    def settle(self, delivery, **ack):
        return self.call(SUBSCRIBER, "Settle", service="s",
                         settlements=[{"delivery_id": delivery.delivery_id, "ack": ack}]).results[0]

    def test_below_the_soft_floor_publishes_are_refused_and_settlements_with_emits_go_on(self):
        self.restart("--store.disk_floor_soft=1000TiB")
        self.assertEqual(self.reason_of_publish(), (grpc.StatusCode.RESOURCE_EXHAUSTED, "DISK_FULL"))
        result = self.settle(self.pull(), emits=[{"event": event("emitted", source="other")}])
        self.assertFalse(result.HasField("error"), result)
        self.assertEqual(self.call(EVENTS, "GetEvent", id="emitted").events[0].event.id, "emitted")

    def test_below_the_hard_floor_only_settlements_without_emits_go_on(self):
        self.restart("--store.disk_floor_soft=1000TiB", "--store.disk_floor_hard=1000TiB")
        self.assertEqual(self.reason_of_publish()[1], "DISK_FULL")
        delivery = self.pull()
        refused = self.settle(delivery, emits=[{"event": event("emitted", source="other")}])
        self.assertEqual(reason_name(refused.error), "DISK_FULL")
        self.assertGreater(refused.error.retry_after.seconds, 0)
        self.assertFalse(self.settle(delivery).HasField("error"))


if __name__ == "__main__":
    unittest.main()
