"""A client that knows only proto/: publishes, subscribes, settles with emits, pulls, redrives; and bad input of every kind."""

import base64
import json
import os
import queue
import resource
import subprocess
import tempfile
import threading
import time
import unittest

import grpc

from running_broker import PAVANED, Broker, Protocol, await_true, http_get

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


class GenericClientTest(unittest.TestCase):
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

    # ---- helpers

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

    # ---- the way of an event

    def test_publishes_with_sequence_and_matched_rules(self):
        self.rule("publish", "publish", '{"source":["publish"]}')
        first, second = self.publish({"event": event("p-1", source="publish")},
                                     {"event": event("p-2", source="elsewhere")})
        self.assertEqual((first.matched_rules, second.matched_rules), (1, 0))
        self.assertEqual(second.sequence, first.sequence + 1)
        again = self.publish({"event": event("p-1", source="publish", data='{"other": 1}')})[0]
        self.assertTrue(again.duplicate)
        self.assertEqual((again.sequence, again.matched_rules), (first.sequence, 1))

    def test_validate_only_appends_nothing(self):
        self.rule("validate", "validate", '{"source":["validate"]}')
        result = self.publish({"event": event("v-1", source="validate")}, validate_only=True)[0]
        self.assertEqual((result.sequence, result.matched_rules), (0, 1))
        self.assertEqual(self.refusal(EVENTS, "GetEvent", id="v-1")[0], "NOT_FOUND")

    def test_all_or_nothing_refuses_all(self):
        good, bad = self.publish({"event": event("aon-1")}, {"event": event("", source="x")}, all_or_nothing=True)
        self.assertEqual((reason_name(good.error), reason_name(bad.error)), ("BATCH_REFUSED", "MISSING_ATTRIBUTE"))
        self.assertEqual(self.refusal(EVENTS, "GetEvent", id="aon-1")[0], "NOT_FOUND")

    def test_stream_of_publishes_answers_in_order(self):
        request = PROTOCOL.message("pavane.v1.PublishStreamRequest")
        response = PROTOCOL.message("pavane.v1.PublishStreamResponse")
        method = self.broker.channel.stream_stream(
            f"/{PUBLISHER}/PublishStream", request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=response.FromString)
        requests = [request(request_id=i, publish={"entries": [{"event": event(f"ps-{i}" if i != 7 else "")}]})
                    for i in range(1, 51)]
        answers = [answer for message in method(iter(requests), timeout=60) for answer in message.answers]
        self.assertEqual([answer.request_id for answer in answers], list(range(1, 51)))
        for answer in answers:
            if answer.request_id == 7:
                self.assertEqual(reason_name(answer.results[0].error), "MISSING_ATTRIBUTE")
            else:
                self.assertGreater(answer.results[0].sequence, 0)

    def test_subscribes_and_settles_with_emits(self):
        stream = self.subscribe("emitter", rule_set={
            "version": 1, "rules": [{"name": "orders", "pattern": '{"source":["emit"],"detail-type":["OrderPlaced"]}'}]})
        follow = self.subscribe("follower", rule_set={
            "version": 1, "rules": [{"name": "follow-ups", "pattern": '{"detail-type":["OrderPaid"]}'}]})
        self.assertEqual(stream.opened.rule_set_version, 1)
        published = self.publish({"event": event("order-1", source="emit", correlationid="flow-1")})[0]
        delivery = stream.deliveries(1)[0]
        self.assertEqual((delivery.event.id, delivery.rule, delivery.attempt, delivery.kind),
                         ("order-1", "emitter/orders", 1, 1))
        self.assertEqual(delivery.sequence, published.sequence)
        ack = {"emits": [{"event": {"source": "payment", "type": "OrderPaid", "spec_version": "1.0",
                                    "text_data": '{"paid": true}'}}]}
        result = stream.settle(delivery_id=delivery.delivery_id, ack=ack)
        self.assertFalse(result.HasField("error"), result)
        self.assertEqual(result.emits[0].matched_rules, 1)
        # The emitted event knows its flow and its cause.
        caused = follow.deliveries(1)[0]
        self.assertEqual(caused.event.id, result.emits[0].event_id)
        self.assertEqual(attribute(caused.event, "correlationid"), "flow-1")
        self.assertEqual(attribute(caused.event, "causationid"), "order-1")
        # The same settlement again: the same answer, and nothing happens twice.
        again = stream.settle(delivery_id=delivery.delivery_id, ack=ack)
        self.assertTrue(again.repeated)
        self.assertEqual(again.emits[0].sequence, result.emits[0].sequence)
        other = stream.settle(delivery_id=delivery.delivery_id, nack={"code": "NO"})
        self.assertEqual((reason_name(other.error), other.recorded_outcome), ("ALREADY_SETTLED", 1))
        # An orderly end: the client closes, the broker closes.
        stream.half_close()
        self.assertIsNone(stream.next("none"))
        stored = self.call(EVENTS, "GetEvent", sequence=result.emits[0].sequence).events[0]
        self.assertEqual(stored.cause.sequence, published.sequence)

    def test_one_bad_emit_refuses_the_settlement(self):
        self.rule("bad-emit", "bad-emit", '{"source":["bad-emit"]}')
        stream = self.subscribe("bad-emit")
        self.publish({"event": event("be-1", source="bad-emit")})
        delivery_id = stream.deliveries(1)[0].delivery_id
        good = {"event": event("be-good")}
        for bad, reason, says in (
                ({"event": event("be-2", correlationid="another")}, "CAUSE_MISMATCH", "emit 1"),
                ({"event": event("be-2", causationid="another")}, "CAUSE_MISMATCH", "emit 1"),
                ({"event": event("be-2", data="{")}, "INVALID_EMIT", "INVALID_JSON"),
                ({"event": event("be-2"), "bus": "nowhere"}, "INVALID_EMIT", "UNKNOWN_BUS"),
                ({}, "INVALID_EMIT", "MISSING_ATTRIBUTE")):
            result = stream.settle(delivery_id=delivery_id, ack={"emits": [good, bad]})
            self.assertEqual(reason_name(result.error), reason, result)
            self.assertIn(says, result.error.message)
            self.assertEqual(len(result.emits), 0)
        self.assertEqual(self.refusal(EVENTS, "GetEvent", id="be-good")[0], "NOT_FOUND")
        self.assertFalse(stream.settle(delivery_id=delivery_id, ack={"emits": [good]}).HasField("error"))

    def test_late_settlement_is_refused(self):
        self.rule("late", "late", '{"source":["late"]}', lease_policy={"lease": {"seconds": 1}},
                  retry_policy={"backoff_initial": {"nanos": 1_000_000}})
        stream = self.subscribe("late")
        self.publish({"event": event("late-1", source="late")})
        first = stream.deliveries(1)[0]
        lost = stream.next("leases_lost").leases_lost
        self.assertEqual(list(lost.delivery_ids), [first.delivery_id])
        late = stream.settle(delivery_id=first.delivery_id, ack={"emits": [{"event": event("late-emit")}]})
        self.assertEqual(reason_name(late.error), "LEASE_EXPIRED")
        self.assertEqual(self.refusal(EVENTS, "GetEvent", id="late-emit")[0], "NOT_FOUND")
        # From here on leases are long, so that this test's pace decides nothing.
        self.call(RULES, "PutRule", rule={
            "name": "late", "pattern": '{"source":["late"]}',
            "targets": [{"id": "t", "address": "service:late", "lease_policy": {"lease": {"seconds": 600}}}],
        })
        second = stream.deliveries(1)[0]
        while second.lease_expires_at.seconds < time.time() + 60:  # handed out before the change: it ends as well
            second = stream.deliveries(1)[0]
        self.assertGreaterEqual(second.attempt, 2)
        self.assertEqual(second.kind, 2)
        self.assertNotEqual(second.delivery_id, first.delivery_id)
        stream.say(extend={"items": [{"delivery_id": second.delivery_id, "lease": {"seconds": 3600}}]})
        extended = stream.next("extend_results").extend_results.results[0]
        self.assertGreater(extended.lease_expires_at.seconds, second.lease_expires_at.seconds)
        self.assertFalse(stream.settle(delivery_id=second.delivery_id, ack={}).HasField("error"))

    def test_pulls_and_settles_without_a_stream(self):
        self.rule("pull", "puller", '{"source":["pull"]}')
        self.assertEqual(len(self.pull("puller", wait=0)), 0)
        self.publish(*({"event": event(f"pull-{i}", source="pull")} for i in range(3)))
        deliveries = list(self.pull("puller", count=2))
        while len(deliveries) < 3:
            deliveries.extend(self.pull("puller", count=3))
        self.assertEqual(sorted(d.event.id for d in deliveries), ["pull-0", "pull-1", "pull-2"])
        extended = self.call(SUBSCRIBER, "ExtendLease", service="puller",
                             items=[{"delivery_id": deliveries[0].delivery_id}]).results[0]
        self.assertFalse(extended.HasField("error"), extended)
        results = self.settle("puller", {"delivery_id": deliveries[0].delivery_id, "ack": {}},
                              {"delivery_id": deliveries[1].delivery_id, "release": {}},
                              {"delivery_id": deliveries[2].delivery_id, "nack": {"delay": {"nanos": 1_000_000}}})
        self.assertFalse(any(result.HasField("error") for result in results), results)
        kinds = {}
        while len(kinds) < 2:
            for delivery in self.pull("puller", count=2):
                kinds[delivery.event.id] = (delivery.kind, delivery.attempt)
                self.settle("puller", {"delivery_id": delivery.delivery_id, "ack": {}})
        self.assertEqual(kinds[deliveries[1].event.id], (2, 1))  # a release counts no attempt
        self.assertEqual(kinds[deliveries[2].event.id], (2, 2))

    def test_dead_letters_are_shown_redriven_and_purged(self):
        self.rule("dead", "undertaker", '{"source":["dead"]}')
        for i in range(3):
            self.publish({"event": event(f"dead-{i}", source="dead")})
        for _ in range(3):
            delivery = self.pull("undertaker")[0]
            self.settle("undertaker", {"delivery_id": delivery.delivery_id,
                                       "reject": {"code": "BROKEN", "message": "beyond repair"}})
        filter_ = {"rule": "dead", "error_code": "BROKEN"}
        page = self.call(DEAD_LETTERS, "ListDeadLetters", filter=filter_, page_size=2)
        self.assertEqual((len(page.dead_letters), page.next_page_token != ""), (2, True))
        rest = self.call(DEAD_LETTERS, "ListDeadLetters", filter=filter_, page_size=2, page_token=page.next_page_token)
        self.assertEqual(len(rest.dead_letters), 1)
        letter = self.call(DEAD_LETTERS, "GetDeadLetter", id=page.dead_letters[0].id).dead_letter
        self.assertEqual((letter.error_message, letter.reason, letter.attempts, letter.event.text_data),
                         ("beyond repair", 3, 1, '{"amount": 5}'))
        one = self.call(DEAD_LETTERS, "RedriveDeadLetters", id=letter.id)
        self.assertEqual((one.redriven, one.more), (1, False))
        delivery = self.pull("undertaker")[0]
        self.assertEqual((delivery.event.id, delivery.kind, delivery.attempt), (letter.event_id, 3, 1))
        self.settle("undertaker", {"delivery_id": delivery.delivery_id, "ack": {}})
        self.assertEqual(self.refusal(DEAD_LETTERS, "RedriveDeadLetters", id=letter.id)[0], "NOT_FOUND")
        filtered = self.call(DEAD_LETTERS, "RedriveDeadLetters", filter={"rule": "dead", "event_type": "OrderPlaced"})
        self.assertEqual(filtered.redriven, 2)
        for _ in range(2):
            delivery = self.pull("undertaker")[0]
            self.settle("undertaker", {"delivery_id": delivery.delivery_id, "reject": {"code": "BROKEN"}})
        self.assertEqual(self.call(DEAD_LETTERS, "PurgeDeadLetters", filter=filter_).purged, 2)
        self.assertEqual(len(self.call(DEAD_LETTERS, "ListDeadLetters", filter=filter_).dead_letters), 0)
        samples = [line for line in self.broker.metrics().splitlines()
                   if line.startswith("FailedInvocations{") and 'rule="dead"' in line]
        self.assertEqual([line.split()[-1] for line in samples], ["5"])

    def test_redrive_to_a_vanished_target_is_refused(self):
        self.call(RULES, "PutRule", rule={"name": "gone", "pattern": '{"source":["gone"]}',
                                          "targets": [{"id": "t", "address": "service:gone"}]})
        self.publish({"event": event("gone-1", source="gone")})
        delivery = self.pull("gone")[0]
        self.settle("gone", {"delivery_id": delivery.delivery_id, "reject": {"code": "X"}})
        self.call(RULES, "DeleteRule", name="gone")
        letter = self.call(DEAD_LETTERS, "ListDeadLetters", filter={"rule": "gone"}).dead_letters[0]
        self.assertEqual(self.refusal(DEAD_LETTERS, "RedriveDeadLetters", id=letter.id)[:2],
                         ("FAILED_PRECONDITION", "TARGET_GONE"))
        many = self.call(DEAD_LETTERS, "RedriveDeadLetters", filter={"rule": "gone"})
        self.assertEqual((many.redriven, many.target_gone), (0, 1))
        self.rule("heir", "heir", '{"source":["nothing"]}')
        self.call(DEAD_LETTERS, "RedriveDeadLetters", id=letter.id, to_target="default/heir/t")
        self.assertEqual(self.pull("heir")[0].event.id, "gone-1")

    def test_a_bus_forwards_to_another(self):
        self.call(BUSES, "PutBus", bus={"name": "audit"})
        self.call(RULES, "PutRule", rule={"name": "forward", "pattern": '{"source":["forward"]}',
                                          "targets": [{"id": "t", "address": "bus:audit"}]})
        self.addCleanup(self.call, RULES, "DeleteRule", name="forward", discard=True)
        self.rule("audit", "auditor", '{"source":["forward"]}', bus="audit")
        self.publish({"event": event("fw-1", source="forward", correlationid="f")})
        delivery = self.pull("auditor")[0]
        self.assertEqual((delivery.bus, delivery.event.id, attribute(delivery.event, "correlationid")),
                         ("audit", "fw-1", "f"))
        stored = self.call(EVENTS, "GetEvent", bus="audit", id="fw-1").events[0]
        self.assertEqual((stored.hops, stored.cause.bus), (1, "default"))
        self.settle("auditor", {"delivery_id": delivery.delivery_id, "ack": {}})

    def test_a_session_is_resumed(self):
        self.rule("resume", "resumer", '{"source":["resume"]}')
        stream = self.subscribe("resumer")
        self.publish({"event": event("resume-1", source="resume")})
        delivery = stream.deliveries(1)[0]
        stream.call.cancel()
        again = self.subscribe("resumer", resume_token=stream.opened.resume_token)
        self.assertEqual(list(again.opened.resumed_delivery_ids), [delivery.delivery_id])
        self.assertFalse(again.settle(delivery_id=delivery.delivery_id, ack={}).HasField("error"))

    def test_session_rules_and_tail_show_events_as_they_come(self):
        stream = self.subscribe("watcher", session_rules=[
            {"name": "all", "pattern": '{"source":["watched"]}', "lifetime": "EPHEMERAL"}])
        tail = self.broker.channel.unary_stream(
            f"/{EVENTS}/TailEvents", request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=PROTOCOL.message("pavane.admin.v1.TailEventsResponse").FromString)
        self.publish({"event": event("watched-0", source="watched")})
        seen = tail(PROTOCOL.message("pavane.admin.v1.TailEventsRequest")(pattern='{"source":["watched"]}', last=1000),
                    timeout=60)
        self.assertEqual(next(seen).events[0].event.id, "watched-0")
        self.publish({"event": event("watched-1", source="watched")})
        self.assertEqual(next(seen).events[0].event.id, "watched-1")
        seen.cancel()
        self.assertEqual([d.event.id for d in stream.deliveries(2)], ["watched-0", "watched-1"])
        listed = self.call(SERVICES, "ListServices", name_prefix="watcher").services[0]
        self.assertEqual((listed.name, len(listed.instances), listed.instances[0].in_flight), ("watcher", 1, 2))

    def test_rule_sets_have_versions_and_pins(self):
        def brings(version, pattern):
            return {"version": version, "rules": [{"name": "r", "pattern": pattern}]}

        first = self.subscribe("versioned", rule_set=brings(2, '{"source":["a"]}'))
        self.assertEqual(first.opened.rule_set_version, 2)
        lower = self.subscribe("versioned", rule_set=brings(1, '{"source":["b"]}'))
        self.assertEqual(lower.opened.rule_set_version, 2)
        self.assertEqual(REASON.values_by_number[lower.next("notice").notice.reason].name, "RULE_SET_CONFLICT")
        conflict = Stream(self.broker.channel)
        conflict.say(open={"service": "versioned", "rule_set": brings(2, '{"source":["c"]}')})
        with self.assertRaises(grpc.RpcError) as refused:
            conflict.next()
        self.assertEqual(self.explain(refused.exception)[:2], ("FAILED_PRECONDITION", "RULE_SET_CONFLICT"))
        # An operator's edit pins the rule; a higher version leaves it alone until it is released.
        rule = self.call(RULES, "GetRule", name="versioned/r").rule
        self.assertEqual((rule.owner_service, rule.pinned), ("versioned", False))
        rule.pattern = '{"source":["operator"]}'
        self.assertTrue(self.call(RULES, "PutRule", rule=rule).rule.pinned)
        self.subscribe("versioned", rule_set=brings(3, '{"source":["d"]}'))
        self.assertEqual(self.call(RULES, "GetRule", name="versioned/r").rule.pattern, '{"source":["operator"]}')
        self.call(RULES, "PutRule", rule=rule, release_pin=True)
        self.subscribe("versioned", rule_set=brings(4, '{"source":["d"]}'))
        self.assertEqual(self.call(RULES, "GetRule", name="versioned/r").rule.pattern, '{"source":["d"]}')

    def test_health_and_reflection_answer(self):
        check = self.broker.channel.unary_unary("/grpc.health.v1.Health/Check",
                                                request_serializer=None, response_deserializer=None)
        serving = field_of_varint(1, 1)
        for service in ("", SUBSCRIBER, PUBLISHER):
            self.assertEqual(check(field(1, service.encode()) if service else b"", timeout=20), serving)
        self.subscribe("healthy")
        self.assertEqual(check(field(1, b"healthy"), timeout=20), serving)
        reflect = self.broker.channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            request_serializer=None, response_deserializer=None)
        answer = next(reflect(iter([field(7, b"*")]), timeout=20))
        for service in (PUBLISHER, SUBSCRIBER, RULES, BUSES, DEAD_LETTERS, EVENTS):
            self.assertIn(service.encode(), answer)

    # ---- bad input

    def test_each_bad_event_has_its_reason_and_hurts_no_other(self):
        long = "x" * 2_000
        cases = [
            ({}, "MISSING_ATTRIBUTE"),
            ({"event": {**event("b"), "id": ""}}, "MISSING_ATTRIBUTE"),
            ({"event": {**event("b"), "source": ""}}, "MISSING_ATTRIBUTE"),
            ({"event": {**event("b"), "type": ""}}, "MISSING_ATTRIBUTE"),
            ({"event": {**event("b"), "spec_version": ""}}, "MISSING_ATTRIBUTE"),
            ({"event": {**event("b"), "spec_version": "0.3"}}, "INVALID_ATTRIBUTE"),
            ({"event": event(long)}, "INVALID_ATTRIBUTE"),
            ({"event": event("b", Upper="v")}, "INVALID_ATTRIBUTE"),
            ({"event": event("b", data="{")}, "INVALID_JSON"),
            ({"event": event("b", data='{"a": 1} {"b": 2}')}, "INVALID_JSON"),
            ({"event": event("b", data="[" * 5_000)}, "INVALID_JSON"),
            ({"event": {**event("b", data=None), "binary_data": b'{"a":"\xff"}'}}, "INVALID_UTF8"),
            ({"event": event("b"), "bus": "nowhere"}, "UNKNOWN_BUS"),
            ({"event": event("b"), "deliver_at": {"seconds": 4_000_000_000}}, "NOT_SUPPORTED"),
            ({"event": event("b"), "dedup_key": "k" * 257}, "INVALID_DEDUP_KEY"),
            ({"event": event("b", data='{"a":"' + "x" * (2 << 20) + '"}')}, "EVENT_TOO_LARGE"),
        ]
        for number, (bad, reason) in enumerate(cases):
            with self.subTest(reason=reason, number=number):
                first, second = self.publish(bad, {"event": event(f"beside-{number}")})
                self.assertEqual(reason_name(first.error), reason, first)
                self.assertTrue(first.error.message)
                self.assertEqual(first.sequence, 0)
                self.assertGreater(second.sequence, 0)

    def test_text_that_is_not_utf8_refuses_only_its_entry(self):
        good = PROTOCOL.message("pavane.v1.PublishEntry")(event=event("utf8-good")).SerializeToString()
        bad = field(1, field(1, b"id-\xff") + field(2, b"s") + field(3, b"1.0") + field(4, b"t"))
        publish = self.raw(PUBLISHER, "Publish")
        results = PROTOCOL.message("pavane.v1.PublishResponse").FromString(
            publish(field(1, bad) + field(1, good), timeout=20)).results
        self.assertEqual(reason_name(results[0].error), "INVALID_UTF8")
        self.assertIn("event.id", results[0].error.message)
        self.assertGreater(results[1].sequence, 0)

    def raw(self, service, method):
        return self.broker.channel.unary_unary(f"/{service}/{method}", request_serializer=None,
                                               response_deserializer=None)

    def test_bytes_that_are_no_message_are_refused_by_every_call(self):
        for service, method in ((PUBLISHER, "Publish"), (SUBSCRIBER, "Settle"), (SUBSCRIBER, "Pull"),
                                (SUBSCRIBER, "ExtendLease"), (RULES, "PutRule"), (RULES, "TestPattern"),
                                (BUSES, "PutBus"), (DEAD_LETTERS, "RedriveDeadLetters"), (EVENTS, "GetEvent"),
                                (SERVICES, "ListServices")):
            with self.subTest(method=method):
                with self.assertRaises(grpc.RpcError) as refused:
                    self.raw(service, method)(b"\xff\xff\xff\xff", timeout=20)
                self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
                self.assertIn(f"{method}Request", refused.exception.details())

    def test_a_bad_message_does_not_break_a_stream(self):
        stream = Stream(self.broker.channel, raw=True)
        self.addCleanup(stream.call.cancel)
        stream.say_bytes(Stream.REQUEST(open={"service": "hardened"}).SerializeToString())
        stream.next("opened")
        stream.say_bytes(b"\xff\xff\xff")
        self.assertEqual(stream.next("notice").notice.reason, REASON.values_by_name["PROTOCOL_VIOLATION"].number)
        stream.say_bytes(field(99, b"from the future"))
        self.assertEqual(stream.next("notice").notice.reason, REASON.values_by_name["UNKNOWN_FIELD"].number)
        settle = field(1, field(1, b"some-id") + field(4, field(2, b"\xff")))
        stream.say_bytes(field(3, settle))
        result = stream.next("settle_results").settle_results.results[0]
        self.assertEqual((reason_name(result.error), result.delivery_id), ("INVALID_UTF8", b"some-id"))
        stream.say_bytes(Stream.REQUEST(open={"service": "hardened"}).SerializeToString())
        self.assertEqual(stream.next("notice").notice.reason, REASON.values_by_name["PROTOCOL_VIOLATION"].number)
        stream.say_bytes(Stream.REQUEST(ping={"nonce": 7}).SerializeToString())
        self.assertEqual(stream.next("pong").pong.nonce, 7)

    def test_a_stream_begins_with_open(self):
        stream = Stream(self.broker.channel)
        stream.say(ping={"nonce": 1})
        with self.assertRaises(grpc.RpcError) as refused:
            stream.next()
        self.assertEqual(self.explain(refused.exception)[1], "PROTOCOL_VIOLATION")
        nameless = Stream(self.broker.channel)
        nameless.say(open={"service": "no spaces allowed"})
        with self.assertRaises(grpc.RpcError) as refused:
            nameless.next()
        self.assertEqual(self.explain(refused.exception)[:2], ("INVALID_ARGUMENT", "INVALID_NAME"))

    def test_bad_rules_buses_and_targets_are_refused(self):
        def rule(**fields):
            return {"name": "bad", "pattern": '{"source":["x"]}', **fields}

        def target(address, id_="t", **fields):
            return {"id": id_, "address": address, **fields}

        cases = [
            (rule(pattern='{"source": "x"}'), "INVALID_ARGUMENT", "INVALID_PATTERN"),
            (rule(pattern='{"source": ["x"}'), "INVALID_ARGUMENT", "INVALID_PATTERN"),
            (rule(pattern=""), "INVALID_ARGUMENT", "INVALID_PATTERN"),
            (rule(name=""), "INVALID_ARGUMENT", "INVALID_NAME"),
            (rule(name="two words"), "INVALID_ARGUMENT", "INVALID_NAME"),
            (rule(bus="nowhere"), "NOT_FOUND", "UNKNOWN_BUS"),
            (rule(targets=[target("service:a"), target("service:b")]), "INVALID_ARGUMENT", "DUPLICATE_TARGET"),
            (rule(targets=[target("service:a", f"t{i}") for i in range(101)]), "INVALID_ARGUMENT", "TOO_MANY"),
            (rule(targets=[target("carrier-pigeon:x")]), "INVALID_ARGUMENT", "INVALID_TARGET"),
            (rule(targets=[target("grpc://nowhere")]), "INVALID_ARGUMENT", "INVALID_TARGET"),
            (rule(targets=[target("https://x.example/")]), "UNIMPLEMENTED", "NOT_SUPPORTED"),
            (rule(targets=[target("service:a", retry_policy={"retries_max": 186})]), "INVALID_ARGUMENT", "INVALID_POLICY"),
            (rule(targets=[target("service:a", ordering={"mode": "KEY"})]), "UNIMPLEMENTED", "NOT_SUPPORTED"),
        ]
        for bad, code, reason in cases:
            with self.subTest(reason=reason, rule=str(bad)[:100]):
                self.assertEqual(self.refusal(RULES, "PutRule", rule=bad)[:2], (code, reason))
        self.assertEqual(self.refusal(RULES, "GetRule", name="bad")[0], "NOT_FOUND")
        self.assertIn("line 1", self.refusal(RULES, "PutRule", rule=rule(pattern='{"source": "x"}'))[2])
        self.assertEqual(self.refusal(BUSES, "PutBus", bus={"name": "a b"})[1], "INVALID_NAME")
        self.assertEqual(self.refusal(BUSES, "DeleteBus", name="default")[0], "FAILED_PRECONDITION")
        self.assertEqual(self.refusal(RULES, "ExplainMatch", pattern="{}")[:2], ("UNIMPLEMENTED", "NOT_SUPPORTED"))

    def test_all_rules_of_a_call_are_put_or_none(self):
        rules = [{"name": f"bulk-{i}", "pattern": '{"source":["bulk"]}'} for i in range(200)]
        self.assertEqual(self.refusal(RULES, "PutRules", rules=rules + [{"name": "x", "pattern": "?"}])[1],
                         "INVALID_PATTERN")
        self.assertEqual(len(self.call(RULES, "ListRules", name_prefix="bulk-").rules), 0)
        self.assertEqual(self.call(RULES, "PutRules", rules=rules).created, 200)
        self.assertEqual(self.publish({"event": event("bulk", source="bulk")})[0].matched_rules, 200)
        page = self.call(RULES, "ListRules", name_prefix="bulk-", page_size=150)
        rest = self.call(RULES, "ListRules", name_prefix="bulk-", page_size=150, page_token=page.next_page_token)
        self.assertEqual((len(page.rules), len(rest.rules), rest.next_page_token), (150, 50, ""))

    def test_settlements_of_others_stale_and_strange_ones_are_refused(self):
        self.rule("mine", "mine", '{"source":["mine"]}')
        self.publish({"event": event("mine-1", source="mine")})
        delivery_id = self.pull("mine")[0].delivery_id
        cases = [
            ("thief", {"delivery_id": delivery_id, "ack": {}}, "NOT_YOUR_DELIVERY"),
            ("mine", {"delivery_id": b"gibberish", "ack": {}}, "INVALID_DELIVERY_ID"),
            ("mine", {"delivery_id": delivery_id[:-1] + bytes([delivery_id[-1] ^ 1]), "ack": {}}, "LEASE_EXPIRED"),
            ("mine", {"delivery_id": delivery_id}, "INVALID_SETTLEMENT"),
            ("mine", {"delivery_id": delivery_id, "defer": {}}, "INVALID_SETTLEMENT"),
            ("mine", {"delivery_id": delivery_id, "nack": {"code": "C" * 129}}, "INVALID_SETTLEMENT"),
        ]
        for service, settlement, reason in cases:
            with self.subTest(reason=reason):
                result = self.settle(service, settlement)[0]
                self.assertEqual(reason_name(result.error), reason, result)
        self.assertFalse(self.settle("mine", {"delivery_id": delivery_id, "ack": {}})[0].HasField("error"))
        self.assertEqual(self.refusal(SUBSCRIBER, "Settle", service="mine",
                                      settlements=[{"delivery_id": delivery_id, "ack": {}}] * 1001)[1],
                         "BATCH_TOO_LARGE")

    def test_deletion_waits_for_unsettled_deliveries(self):
        self.call(RULES, "PutRule", rule={"name": "full", "pattern": '{"source":["full"]}',
                                          "targets": [{"id": "t", "address": "service:full"}]})
        self.publish({"event": event("full-1", source="full")})
        code, reason, message = self.refusal(RULES, "DeleteRule", name="full")
        self.assertEqual((code, reason), ("FAILED_PRECONDITION", "HAS_UNSETTLED"))
        self.assertIn("1 unsettled", message)
        self.assertEqual(self.call(RULES, "DeleteRule", name="full", discard=True).discarded_deliveries, 1)
        self.assertEqual(self.refusal(RULES, "DeleteRule", name="full")[0], "NOT_FOUND")

    def test_a_message_beyond_every_limit_is_refused(self):
        entries = [{"event": event(f"big-{i}", data='{"a":"' + "x" * 500_000 + '"}')} for i in range(12)]
        self.assertEqual(self.refusal(PUBLISHER, "Publish", entries=entries)[:2],
                         ("INVALID_ARGUMENT", "BATCH_TOO_LARGE"))
        self.assertEqual(self.refusal(PUBLISHER, "Publish", entries=[{"event": event("m")}] * 1001)[1],
                         "BATCH_TOO_LARGE")
        huge = [{"event": event("huge", data='{"a":"' + "x" * (20 << 20) + '"}')}]
        code, _, message = self.refusal(PUBLISHER, "Publish", entries=huge)
        self.assertEqual(code, "RESOURCE_EXHAUSTED")
        self.assertIn("larger than max", message)


def field_of_varint(number, value):
    return varint(number << 3) + varint(value)


class StartTest(unittest.TestCase):
    """A broker that cannot start says why in one line."""

    def start(self, *flags):
        done = subprocess.run([PAVANED, *flags], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    def test_unknown_key_names_the_nearest(self):
        code, said = self.start("--limits.event_byte_max=5")
        self.assertEqual(code, 64)
        self.assertIn("event_bytes_max", said)

    def test_data_directory_that_cannot_be_opened(self):
        with tempfile.NamedTemporaryFile() as file:
            code, said = self.start(f"--data-dir={file.name}/data", "--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0")
        self.assertEqual(code, 73, said)
        self.assertIn(file.name, said)

    def test_data_directory_in_use(self):
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(folder)
            try:
                code, said = self.start(f"--data-dir={folder}/data", "--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0")
                self.assertEqual(code, 69, said)
                self.assertEqual(PROTOCOL.call(broker.channel, BUSES, "GetBus").bus.name, "default")
            finally:
                broker.stop()

    def test_address_in_use(self):
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(folder)
            try:
                code, said = self.start(f"--data-dir={folder}/other", f"--grpc-listen={broker.grpc}", "--http-listen=127.0.0.1:0")
                self.assertEqual(code, 69, said)
                self.assertIn(broker.grpc, said)
            finally:
                broker.stop()

    def test_listening_beyond_loopback_needs_a_word(self):
        with tempfile.TemporaryDirectory() as folder:
            code, said = self.start(f"--data-dir={folder}/data", "--grpc-listen=0.0.0.0:0")
        self.assertEqual(code, 64)
        self.assertIn("--insecure", said)


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
