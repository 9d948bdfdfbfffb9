"""What a client needs that knows only proto/: calls by name, a stream, bytes of any shape, and a test with a broker."""

import queue
import tempfile
import threading
import time
import unittest

import grpc

from running_broker import Broker, Protocol

PUBLISHER = "pavane.v1.PublisherService"
SUBSCRIBER = "pavane.v1.SubscriberService"
BUSES = "pavane.admin.v1.BusAdmin"
RULES = "pavane.admin.v1.RuleAdmin"
DEAD_LETTERS = "pavane.admin.v1.DeadLetterAdmin"
EVENTS = "pavane.admin.v1.EventAdmin"
SERVICES = "pavane.admin.v1.ServiceAdmin"

PROTOCOL = Protocol()
REASON = PROTOCOL.message("pavane.v1.Error").DESCRIPTOR.fields_by_name["reason"].enum_type


TEXT = PROTOCOL.message("io.cloudevents.v1.CloudEvent.CloudEventAttributeValue")


def reason_name(error):
    return REASON.values_by_number[error.reason].name


def event(id_, type_="OrderPlaced", data='{"amount": 5}', source="shop", **attributes):
    made = {"id": id_, "source": source, "spec_version": "1.0", "type": type_}
    if data is not None:
        made["text_data"] = data
    if attributes:
        made["attributes"] = {name: TEXT(ce_string=value) for name, value in attributes.items()}
    return made


def attribute(cloud_event, name):
    return cloud_event.attributes[name].ce_string


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, content):
    """A length-delimited field in protobuf's wire format, whatever its content."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def field_of_varint(number, value):
    return varint(number << 3) + varint(value)


class Stream:
    """One Subscribe call; what the broker says comes out of `next`."""

    REQUEST = PROTOCOL.message("pavane.v1.SubscribeRequest")
    RESPONSE = PROTOCOL.message("pavane.v1.SubscribeResponse")

    def __init__(self, channel, raw=False):
        self._out = queue.Queue()
        self._in = queue.Queue()
        open_call = channel.stream_stream(
            f"/{SUBSCRIBER}/Subscribe",
            request_serializer=None if raw else lambda m: m.SerializeToString(),
            response_deserializer=self.RESPONSE.FromString,
        )
        self.call = open_call(iter(self._out.get, None))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        try:
            for message in self.call:
                self._in.put(message)
            self._in.put(None)
        except grpc.RpcError as error:
            self._in.put(error)

    def say(self, **fields):
        self._out.put(self.REQUEST(**fields))

    def say_bytes(self, content):
        self._out.put(content)

    def half_close(self):
        self._out.put(None)

    def next(self, kind=None, seconds=30):
        """The next message, of that kind (others are passed over); an error is raised."""
        deadline = time.monotonic() + seconds
        while True:
            message = self._in.get(timeout=max(0.01, deadline - time.monotonic()))
            if isinstance(message, grpc.RpcError):
                raise message
            if kind is None or message is None or message.WhichOneof("message") == kind:
                return message

    def deliveries(self, count):
        got = []
        while len(got) < count:
            got.extend(self.next("deliveries").deliveries.deliveries)
        return got

    def settle(self, **settlement):
        self.say(settle={"settlements": [settlement]})
        return self.next("settle_results").settle_results.results[0]


class BrokerTest(unittest.TestCase):
    """All tests of the class share one broker, which must end well."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.broker = Broker(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        code = cls.broker.stop()
        log = cls.broker.log()
        cls.folder.cleanup()
        assert code == 0, f"exit code {code}:\n{log}"

    def call(self, service, method, /, **fields):
        return PROTOCOL.call(self.broker.channel, service, method, **fields)

    def publish(self, *entries, **options):
        return self.call(PUBLISHER, "Publish", entries=list(entries), **options).results

    def refusal(self, service, method, /, **fields):
        """(gRPC code, reason, message) of a call that must be refused."""
        with self.assertRaises(grpc.RpcError) as refused:
            self.call(service, method, **fields)
        return self.explain(refused.exception)

    def explain(self, error):
        reason = ""
        for key, value in error.trailing_metadata() or ():
            if key == "pavane-error-bin":
                reason = reason_name(PROTOCOL.message("pavane.v1.Error").FromString(value))
        return error.code().name, reason, error.details()

    def rule(self, name, service, pattern='{"source":["shop"]}', bus="", **target):
        self.call(RULES, "PutRule", rule={
            "name": name, "bus": bus, "pattern": pattern,
            "targets": [{"id": "t", "address": f"service:{service}", **target}],
        })
        self.addCleanup(self.call, RULES, "DeleteRule", bus=bus, name=name, discard=True)

    def subscribe(self, service, messages=100, **fields):
        stream = Stream(self.broker.channel)
        self.addCleanup(stream.call.cancel)
        stream.say(open={"service": service, "credit": {"messages": messages}, **fields})
        stream.opened = stream.next("opened").opened
        return stream

    def pull(self, service, count=1, wait=20):
        return self.call(SUBSCRIBER, "Pull", service=service, deliveries_max=count,
                         wait={"seconds": wait}, timeout=wait + 20).deliveries

    def settle(self, service, *settlements):
        return self.call(SUBSCRIBER, "Settle", service=service, settlements=list(settlements)).results

    def raw(self, service, method):
        return self.broker.channel.unary_unary(f"/{service}/{method}", request_serializer=None,
                                               response_deserializer=None)
