"""A client that knows only proto/: publishes, subscribes, settles with emits, pulls, redrives."""

import time
import unittest

import grpc

from generic_client import (
    BUSES, DEAD_LETTERS, EVENTS, PROTOCOL, PUBLISHER, REASON, RULES, SERVICES, SUBSCRIBER, BrokerTest, Stream,
    attribute, event, field, field_of_varint, reason_name,
)


class GenericClientTest(BrokerTest):
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
                ({"event": event("be-2", subject="a\x85b")}, "INVALID_EMIT", "INVALID_ATTRIBUTE"),
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
            self.assertRegex(self.broker.log(), f"delivery failed for good.*event={delivery.event.id} "
                                                f"flow={attribute(delivery.event, 'correlationid')} "
                                                f"delivery={delivery.delivery_id.hex()}")
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

    def test_a_rule_has_up_to_a_hundred_targets(self):
        targets = [{"id": f"t{i}", "address": f"service:hundred-{i}"} for i in range(100)]
        self.call(RULES, "PutRule", rule={"name": "hundred", "pattern": '{"source":["hundred"]}', "targets": targets})
        self.addCleanup(self.call, RULES, "DeleteRule", name="hundred", discard=True)
        self.assertEqual(self.publish({"event": event("h-1", source="hundred")})[0].matched_rules, 1)
        for i in (0, 50, 99):
            delivery = self.pull(f"hundred-{i}")[0]
            self.assertEqual((delivery.event.id, delivery.target), ("h-1", f"t{i}"))
            self.settle(f"hundred-{i}", {"delivery_id": delivery.delivery_id, "ack": {}})

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


if __name__ == "__main__":
    unittest.main()
