"""Bad input of every kind: each has its specific error, nothing is lost, nothing crashes."""

import os
import pathlib
import subprocess
import tempfile
import unittest
import unittest.mock

import grpc

from generic_client import (
    BUSES, DEAD_LETTERS, EVENTS, PROTOCOL, PUBLISHER, REASON, RULES, SERVICES, SUBSCRIBER, BrokerTest, Stream, event,
    field, reason_name,
)
from running_broker import PAVANED, Broker


class BadInputTest(BrokerTest):
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
            ({"event": event("a\nb")}, "INVALID_ATTRIBUTE"),
            ({"event": event("b", "Order\x1b[2J")}, "INVALID_ATTRIBUTE"),
            ({"event": event("b", subject="a\r\nb")}, "INVALID_ATTRIBUTE"),
            ({"event": event("b", data="{")}, "INVALID_JSON"),
            ({"event": event("b", data='{"a": 1} {"b": 2}')}, "INVALID_JSON"),
            ({"event": event("b", data="[" * 5_000)}, "INVALID_JSON"),
            ({"event": {**event("b", data=None), "binary_data": b'{"a":"\xff"}'}}, "INVALID_UTF8"),
            ({"event": event("b"), "bus": "nowhere"}, "UNKNOWN_BUS"),
            ({"event": event("b"), "deliver_at": {"seconds": 40_000_000_000}}, "INVALID_ATTRIBUTE"),
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
            (rule(name="_other"), "INVALID_ARGUMENT", "INVALID_NAME"),
            (rule(targets=[target("service:a", "_other")]), "INVALID_ARGUMENT", "INVALID_NAME"),
            (rule(targets=[target("service:_other")]), "INVALID_ARGUMENT", "INVALID_NAME"),
            (rule(bus="nowhere"), "NOT_FOUND", "UNKNOWN_BUS"),
            (rule(targets=[target("service:a"), target("service:b")]), "INVALID_ARGUMENT", "DUPLICATE_TARGET"),
            (rule(targets=[target("service:a", f"t{i}") for i in range(101)]), "INVALID_ARGUMENT", "TOO_MANY"),
            (rule(targets=[target("carrier-pigeon:x")]), "INVALID_ARGUMENT", "INVALID_TARGET"),
            (rule(targets=[target("grpc://nowhere")]), "INVALID_ARGUMENT", "INVALID_TARGET"),
            (rule(targets=[target("https://x.example/")]), "UNIMPLEMENTED", "NOT_SUPPORTED"),
            (rule(targets=[target("service:a", retry_policy={"retries_max": 186})]), "INVALID_ARGUMENT", "INVALID_POLICY"),
            (rule(targets=[target("service:a", ordering={"mode": "KEY", "key_path": "a..b"})]), "INVALID_ARGUMENT", "INVALID_POLICY"),
        ]
        for bad, code, reason in cases:
            with self.subTest(reason=reason, rule=str(bad)[:100]):
                self.assertEqual(self.refusal(RULES, "PutRule", rule=bad)[:2], (code, reason))
        self.assertEqual(self.refusal(RULES, "GetRule", name="bad")[0], "NOT_FOUND")
        self.assertIn("line 1", self.refusal(RULES, "PutRule", rule=rule(pattern='{"source": "x"}'))[2])
        for name in ("a b", "_other"):
            self.assertEqual(self.refusal(BUSES, "PutBus", bus={"name": name})[1], "INVALID_NAME")
        self.assertEqual(self.refusal(BUSES, "DeleteBus", name="default")[0], "FAILED_PRECONDITION")
        self.assertEqual(self.refusal(RULES, "ExplainMatch", pattern="{}", event_json="{}")[:2],
                         ("INVALID_ARGUMENT", "INVALID_PATTERN"))

    def test_fields_from_the_future_are_refused_where_they_would_be_kept(self):
        def message(name, /, **fields):
            return PROTOCOL.message(name)(**fields).SerializeToString()

        rule = message("pavane.admin.v1.Rule", name="future", pattern='{"source":["future"]}')
        target = message("pavane.admin.v1.Target", id="t", address="service:future")
        future = field(1, b"from the future")
        cases = (
            ("PutRule", RULES, field(1, rule + field(13, future)), "field 13 of pavane.admin.v1.Rule"),
            ("PutRule", RULES, field(1, rule + field(6, target + field(10, future))),
             "field 10 of pavane.admin.v1.Target"),
            ("PutRules", RULES, field(1, rule + field(6, target + field(11, future))),
             "field 11 of pavane.admin.v1.Target"),
            ("PutBus", BUSES, field(1, message("pavane.admin.v1.Bus", name="future") + field(11, future)),
             "field 11 of pavane.admin.v1.Bus"))
        for method, service, content, says in cases:
            with self.subTest(says=says), self.assertRaises(grpc.RpcError) as refused:
                self.raw(service, method)(content, timeout=20)
            code, reason, details = self.explain(refused.exception)
            self.assertEqual((code, reason), ("UNIMPLEMENTED", "NOT_SUPPORTED"))
            self.assertIn(says, details)
        self.assertEqual(self.refusal(RULES, "GetRule", name="future")[0], "NOT_FOUND")
        self.assertEqual(self.refusal(BUSES, "GetBus", name="future")[0], "NOT_FOUND")
        durable = message("pavane.v1.ServiceRule", name="r", pattern='{"source":["future"]}') + field(11, future)
        session = durable + message("pavane.v1.ServiceRule", lifetime="EPHEMERAL")
        for brought in (field(4, message("pavane.v1.RuleSet", version=1) + field(2, durable)), field(8, session)):
            stream = Stream(self.broker.channel, raw=True)
            stream.say_bytes(field(1, field(1, b"future") + brought))
            with self.assertRaises(grpc.RpcError) as refused:
                stream.next()
            code, reason, details = self.explain(refused.exception)
            self.assertEqual((code, reason), ("UNIMPLEMENTED", "NOT_SUPPORTED"))
            self.assertIn("field 11 of pavane.v1.ServiceRule", details)
        # What is not kept as a setting is read as protobuf means it: the event is published without that field.
        entry = message("pavane.v1.PublishEntry", event=event("future-1")) + field(99, future)
        published = PROTOCOL.message("pavane.v1.PublishResponse").FromString(
            self.raw(PUBLISHER, "Publish")(field(1, entry), timeout=20))
        self.assertGreater(published.results[0].sequence, 0)

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

    def test_unknown_key_in_the_file_names_the_nearest_and_the_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("limits:\n  event_byte_max: 5\n")
            file.flush()
            code, said = self.start(f"--config={file.name}")
        self.assertEqual(code, 64, said)
        self.assertIn("event_bytes_max", said)
        self.assertIn(file.name, said)

    def test_a_file_that_is_no_yaml_is_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("limits: [\x01: }\n")
            file.flush()
            code, said = self.start(f"--config={file.name}")
        self.assertEqual(code, 64, said)
        self.assertIn(file.name, said)
        self.assertEqual(self.start("--config=/nowhere/pavane.yaml")[0], 64)

    def test_an_unknown_variable_only_warns(self):
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch.dict(
                "os.environ", {"PAVANE_SERVICE_HOST": "10.0.0.1"}):
            broker = Broker(folder)
            self.addCleanup(broker.kill)
            self.assertIn("PAVANE_SERVICE_HOST", broker.log())
            self.assertEqual(broker.stop(), 0)

    def test_data_directory_that_may_not_be_read(self):
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder, "data")
            data.mkdir(mode=0o000)
            # root reads everything unless it has given up the right to.
            drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
            done = subprocess.run([*drop, PAVANED, f"--data-dir={data}", "--grpc-listen=127.0.0.1:0", "--http-listen="],
                                  capture_output=True, text=True, timeout=60)
            data.chmod(0o700)
            self.assertEqual((done.returncode, list(data.iterdir())), (73, []), done.stderr)
        self.assertIn(str(data), done.stderr)

    def test_data_directory_whose_store_is_damaged(self):
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(folder)
            self.addCleanup(broker.kill)
            PROTOCOL.call(broker.channel, PUBLISHER, "Publish", entries=[{"event": event("kept")}])
            self.assertEqual(broker.stop(), 0)
            current = pathlib.Path(folder, "data", "CURRENT")
            whole = current.read_bytes()
            current.write_bytes(b"MANIFEST-999999\n")
            code, said = self.start(f"--data-dir={folder}/data", "--grpc-listen=127.0.0.1:0", "--http-listen=")
            self.assertIn(code, (65, 73), said)
            self.assertIn(f"{folder}/data", said)
            current.write_bytes(whole)  # the refusal changed nothing
            broker.start()
            stored = PROTOCOL.call(broker.channel, EVENTS, "GetEvent", id="kept").events[0]
            self.assertEqual(stored.event.id, "kept")
            self.assertEqual(broker.stop(), 0)

    def test_data_directory_in_use(self):
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(folder)
            try:
                code, said = self.start(f"--data-dir={folder}/data", "--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0")
                self.assertEqual(code, 69, said)
                self.assertIn(f"data directory {folder}/data is in use by another process", said)
                self.assertEqual(PROTOCOL.call(broker.channel, BUSES, "GetBus").bus.name, "default")
            finally:
                broker.stop()

    def test_address_in_use(self):
        with tempfile.TemporaryDirectory() as folder:
            broker = Broker(folder)
            try:
                code, said = self.start(f"--data-dir={folder}/other", f"--grpc-listen={broker.grpc}", "--http-listen=127.0.0.1:0")
                self.assertEqual(code, 69, said)
                self.assertIn(f"cannot listen on {broker.grpc}: is another program using the address?", said)
                http = broker.http.removeprefix("http://")
                code, said = self.start(f"--data-dir={folder}/other", "--grpc-listen=127.0.0.1:0", f"--http-listen={http}")
                self.assertEqual(code, 69, said)
                self.assertIn(f"cannot listen for HTTP on {http}: is another program using the address?", said)
                self.assertNotIn("draining", said)
            finally:
                broker.stop()

    def test_unix_socket_in_use(self):
        with tempfile.TemporaryDirectory() as folder:
            listen = f"unix:{folder}/grpc.sock"
            broker = Broker(folder, f"--grpc-listen={listen}")
            self.addCleanup(broker.kill)
            code, said = self.start(f"--data-dir={folder}/other", f"--grpc-listen={listen}", "--http-listen=")
            self.assertEqual(code, 69, said)
            self.assertIn(f"cannot listen on {listen}: is another program using the address?", said)
            self.assert_serves(listen)
            broker.kill()
            self.assertTrue(pathlib.Path(folder, "grpc.sock").is_socket(), "a killed broker leaves its file")
            broker.start()
            self.assert_serves(listen)
            self.assertEqual(broker.stop(), 0)

    def assert_serves(self, address):
        with grpc.insecure_channel(address) as channel:
            self.assertEqual(PROTOCOL.call(channel, BUSES, "GetBus").bus.name, "default")

    def test_listening_beyond_loopback_needs_a_word(self):
        with tempfile.TemporaryDirectory() as folder:
            code, said = self.start(f"--data-dir={folder}/data", "--grpc-listen=0.0.0.0:0")
        self.assertEqual(code, 64)
        self.assertIn("--insecure", said)


if __name__ == "__main__":
    unittest.main()
