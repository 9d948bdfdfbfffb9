"""gRPC health v1: the broker's own services, each connected service by its name, and a broker that drains."""

import queue
import tempfile
import threading
import unittest

import grpc

from generic_client import (
    BUSES, DEAD_LETTERS, EVENTS, PROTOCOL, PUBLISHER, RULES, SERVICES, SUBSCRIBER, BrokerTest, Stream, event,
)
from running_broker import Broker, http_get

HEALTH = "grpc.health.v1.Health"
SYSTEM = "pavane.admin.v1.SystemAdmin"
OWN = ("", PUBLISHER, SUBSCRIBER, BUSES, RULES, DEAD_LETTERS, EVENTS, SERVICES, SYSTEM)
STATUS = PROTOCOL.message("grpc.health.v1.HealthCheckResponse").DESCRIPTOR.enum_types_by_name["ServingStatus"]


def check(channel, service):
    """The status by its name; NOT_FOUND for a name that never was."""
    try:
        return STATUS.values_by_number[PROTOCOL.call(channel, HEALTH, "Check", service=service).status].name
    except grpc.RpcError as error:
        return error.code().name


class Watch:
    """The statuses of a service as they change."""

    def __init__(self, channel, service):
        request = PROTOCOL.message("grpc.health.v1.HealthCheckRequest")
        response = PROTOCOL.message("grpc.health.v1.HealthCheckResponse")
        method = channel.unary_stream(f"/{HEALTH}/Watch", request_serializer=lambda m: m.SerializeToString(),
                                      response_deserializer=response.FromString)
        self.call = method(request(service=service))
        self.seen = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for answer in self.call:
                self.seen.put(STATUS.values_by_number[answer.status].name)
        except grpc.RpcError as error:
            self.seen.put(error.code().name)

    def next(self):
        return self.seen.get(timeout=30)


class HealthTest(BrokerTest):
    def test_the_brokers_own_services_serve(self):
        for service in OWN:
            self.assertEqual(check(self.broker.channel, service), "SERVING", service)

    def test_a_service_serves_while_an_instance_is_connected(self):
        self.assertEqual(check(self.broker.channel, "seat"), "NOT_FOUND")
        watch = Watch(self.broker.channel, "seat")
        self.addCleanup(watch.call.cancel)
        self.assertEqual(watch.next(), "SERVICE_UNKNOWN")
        first = self.subscribe("seat")
        self.assertEqual(watch.next(), "SERVING")
        second = self.subscribe("seat")
        first.half_close()
        self.assertIsNone(first.next("none"))
        self.assertEqual(check(self.broker.channel, "seat"), "SERVING")
        second.call.cancel()
        self.assertEqual(watch.next(), "NOT_SERVING")
        self.assertEqual(check(self.broker.channel, "seat"), "NOT_SERVING")
        self.subscribe("seat")
        self.assertEqual(watch.next(), "SERVING")


class DrainTest(unittest.TestCase):
    def test_nothing_serves_while_the_broker_drains(self):
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(folder, "--drain.timeout=10m")
            self.addCleanup(broker.kill)
            PROTOCOL.call(broker.channel, RULES, "PutRule", rule={
                "name": "r", "pattern": '{"source":["shop"]}', "targets": [{"id": "t", "address": "service:seat"}]})
            stream = Stream(broker.channel)
            stream.say(open={"service": "seat", "credit": {"messages": 10}})
            stream.next("opened")
            watch = Watch(broker.channel, "")
            self.assertEqual(watch.next(), "SERVING")
            PROTOCOL.call(broker.channel, PUBLISHER, "Publish", entries=[{"event": event("d-1")}])
            delivery = stream.deliveries(1)[0]
            broker.process.terminate()
            # The unsettled delivery keeps the broker draining.
            stream.next("draining")
            self.assertEqual(watch.next(), "NOT_SERVING")
            for service in (*OWN, "seat"):
                self.assertEqual(check(broker.channel, service), "NOT_SERVING", service)
            self.assertEqual(http_get(broker.http + "/readyz")[0], 503)
            self.assertEqual(http_get(broker.http + "/healthz")[0], 200)
            self.assertFalse(stream.settle(delivery_id=delivery.delivery_id, ack={}).HasField("error"))
            self.assertEqual(broker.process.wait(timeout=60), 0)


if __name__ == "__main__":
    unittest.main()
