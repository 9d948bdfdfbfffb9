"""A service that the broker dials: answers, failures and what they lead to, health, and a deferred settlement."""

import queue
import tempfile
import threading
import unittest
from concurrent import futures

import grpc

from running_broker import Broker, Protocol, await_true, free_port

ADMIN = "pavane.admin.v1"
PROTOCOL = Protocol()


class Plugin:
    """pavane.v1.PluginService; `decide(delivery)` returns a settlement, None to leave it out, or a StatusCode.

    `arrived` is a queue of the deliveries.
    """

    def __init__(self, port, decide, serving=None):
        """`serving`: has health v1 as well, and says so at first."""
        self.decide = decide
        self.serving = serving
        self.changed = threading.Condition()
        self.stopped = False
        self.arrived = queue.Queue()
        self.server = grpc.server(futures.ThreadPoolExecutor(8))
        self.server.add_generic_rpc_handlers((self._handlers(),))
        if serving is not None:
            self.server.add_generic_rpc_handlers((self._health_handlers(),))
        assert self.server.add_insecure_port(f"127.0.0.1:{port}") == port
        self.server.start()

    def _handlers(self):
        def unary(name, request, answer):
            return grpc.unary_unary_rpc_method_handler(
                getattr(self, name), request_deserializer=PROTOCOL.message(f"pavane.v1.{request}").FromString,
                response_serializer=lambda m: m.SerializeToString())
        return grpc.method_handlers_generic_handler("pavane.v1.PluginService", {
            "Describe": unary("describe", "DescribeRequest", "DescribeResponse"),
            "Handle": unary("handle", "HandleRequest", "HandleResponse"),
        })

    def _health_handlers(self):
        return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {
            "Watch": grpc.unary_stream_rpc_method_handler(
                self.watch, request_deserializer=PROTOCOL.message("grpc.health.v1.HealthCheckRequest").FromString,
                response_serializer=lambda m: m.SerializeToString())})

    def watch(self, request, context):
        assert request.service == "pavane.v1.PluginService", request
        response = PROTOCOL.message("grpc.health.v1.HealthCheckResponse")
        said = None
        while not self.stopped:
            with self.changed:
                self.changed.wait_for(lambda: self.stopped or self.serving != said)
                said = self.serving
            yield response(status=1 if said else 2)

    def set_serving(self, serving):
        with self.changed:
            self.serving = serving
            self.changed.notify_all()

    def describe(self, request, context):
        return PROTOCOL.message("pavane.v1.DescribeResponse")(service="dialled", calls_max=4, batch_max=8)

    def handle(self, request, context):
        response = PROTOCOL.message("pavane.v1.HandleResponse")()
        for delivery in request.deliveries:
            self.arrived.put(delivery)
            settlement = self.decide(delivery)
            if isinstance(settlement, grpc.StatusCode):
                context.abort(settlement, "as told")
            if settlement is not None:
                response.settlements.add(delivery_id=delivery.delivery_id, **settlement)
        return response

    def stop(self):
        with self.changed:
            self.stopped = True
            self.changed.notify_all()
        self.server.stop(0).wait()


class DialOutTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.broker = Broker(folder.name)
        self.addCleanup(self.broker.kill)
        self.port = free_port()

    def call(self, service, method, /, **fields):
        return PROTOCOL.call(self.broker.channel, service, method, **fields)

    def plugin(self, decide, **options):
        plugin = Plugin(self.port, decide, **options)
        self.addCleanup(plugin.stop)
        return plugin

    def rule(self, **target):
        self.call(f"{ADMIN}.RuleAdmin", "PutRule", rule={
            "name": "dial", "pattern": '{"source":["shop"]}',
            "targets": [{"id": "t", "address": f"grpc://127.0.0.1:{self.port}",
                         "retry_policy": {"backoff_initial": {"nanos": 50_000_000}}, **target}]})

    def publish(self, *ids):
        results = self.call("pavane.v1.PublisherService", "Publish", entries=[
            {"event": {"id": i, "source": "shop", "spec_version": "1.0", "type": "Order", "text_data": "{}"}}
            for i in ids]).results
        self.assertEqual([r.matched_rules for r in results], [1] * len(ids))

    def stats(self):
        return self.call(f"{ADMIN}.SystemAdmin", "ListTargetStats", rule="dial").targets[0]

    def letters(self):
        return self.call(f"{ADMIN}.DeadLetterAdmin", "ListDeadLetters").dead_letters

    def test_answers_settle_with_their_emits(self):
        emit = {"event": {"source": "dialled", "spec_version": "1.0", "type": "Billed"}}
        self.plugin(lambda delivery: {"ack": {"emits": [emit]}})
        self.rule()
        self.publish("a", "b", "c")
        await_true(lambda: self.stats().successes == 3, what="three acks")
        billed = self.call(f"{ADMIN}.EventAdmin", "ListEvents", type="Billed").events
        self.assertEqual(sorted(e.event.attributes["causationid"].ce_string for e in billed), ["a", "b", "c"])

    def test_a_service_that_is_not_there_costs_attempts_and_gets_it_later(self):
        self.rule()
        self.publish("early")
        await_true(lambda: self.stats().attempts >= 2, what="refused connections")
        plugin = self.plugin(lambda delivery: {"ack": {}})
        await_true(lambda: self.stats().successes == 1, what="the ack")
        self.assertEqual(plugin.arrived.get_nowait().event.id, "early")
        self.assertTrue(plugin.arrived.empty())
        self.assertEqual(len(self.letters()), 0)

    def test_a_status_that_never_succeeds_is_a_dead_letter(self):
        self.plugin(lambda delivery: grpc.StatusCode.INVALID_ARGUMENT if delivery.event.id == "bad" else {"ack": {}})
        self.rule()
        self.publish("good-1", "bad", "good-2")
        await_true(lambda: self.stats().invocations == 3, what="three ends")
        self.assertEqual([(d.event_id, d.error_code) for d in self.letters()], [("bad", "INVALID_ARGUMENT")])
        self.assertEqual(self.stats().successes, 2)

    def test_a_delivery_left_out_is_a_failed_attempt(self):
        self.plugin(lambda delivery: None)
        self.rule(retry_policy={"retries_max": 1, "backoff_initial": {"nanos": 10_000_000}})
        self.publish("silent")
        await_true(self.letters, what="the dead letter")
        letter = self.letters()[0]
        self.assertEqual((letter.error_code, letter.attempts), ("NOT_ANSWERED", 2))

    def test_a_deferred_settlement_comes_by_settle(self):
        plugin = self.plugin(lambda delivery: {"defer": {"lease": {"seconds": 300}}})
        self.rule()
        self.publish("slow")
        delivery_id = plugin.arrived.get(timeout=30).delivery_id
        settle = {"service": "dialled", "settlements": [{"delivery_id": delivery_id, "ack": {}}]}
        await_true(lambda: not self.call("pavane.v1.SubscriberService", "Settle", **settle).results[0].HasField("error"),
                   what="the accepted settlement")
        self.assertEqual(self.stats().successes, 1)

    def test_a_service_that_does_not_serve_gets_nothing_and_no_attempt_counts(self):
        plugin = self.plugin(lambda delivery: {"ack": {}}, serving=True)
        # Leases so short that a delivery which waits for the service in the broker's hands would lose one.
        self.rule(lease_policy={"lease": {"seconds": 1}})
        self.publish("before")
        await_true(lambda: self.stats().successes == 1, what="the ack of a service that serves")
        plugin.set_serving(False)
        await_true(lambda: "serving=false" in self.broker.log(), what="the broker's word on NOT_SERVING")
        self.publish("during-1", "during-2")
        # Longer than a lease, by the broker's own clock: a pull that finds nothing.
        self.call("pavane.v1.SubscriberService", "Pull", service="nobody", wait={"seconds": 3})
        stats = self.stats()
        self.assertEqual((stats.attempts, stats.queued + stats.in_flight), (1, 2))
        plugin.set_serving(True)
        await_true(lambda: self.stats().successes == 3, what="the acks after NOT_SERVING")
        arrived = [plugin.arrived.get_nowait() for _ in range(3)]
        self.assertTrue(plugin.arrived.empty())
        self.assertEqual([delivery.event.id for delivery in arrived][0], "before")
        self.assertEqual([delivery.attempt for delivery in arrived], [1, 1, 1])
        self.assertEqual(self.stats().attempts, 3)


if __name__ == "__main__":
    unittest.main()
