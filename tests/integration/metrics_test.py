"""The promises about series: at zero from the start, twelve a target, bounded, and exact in their sums."""

import re
import tempfile
import unittest

from generic_client import BUSES, PROTOCOL, PUBLISHER, RULES, SUBSCRIBER, event
from running_broker import Broker

SYSTEM = "pavane.admin.v1.SystemAdmin"
REASONS = {value.name for value in PROTOCOL.message("pavane.admin.v1.DeadLetter").DESCRIPTOR
           .fields_by_name["reason"].enum_type.values if value.number > 0}
PER_BUS = {
    "pavane_matched_events_total", "pavane_triggered_rules_total", "pavane_invocations_created_total",
    "pavane_dead_letters_total", "pavane_dead_letters", "pavane_lost_deliveries_total",
    "pavane_discarded_deliveries_total", "pavane_expired_dead_letters_total",
    "pavane_ingest_to_first_attempt_seconds_count", "pavane_ingest_to_settled_seconds_count",
}


class MetricsTest(unittest.TestCase):
    def start(self, *flags):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.broker = Broker(folder.name, *flags)
        self.addCleanup(self.broker.kill)

    def call(self, service, method, /, **fields):
        return PROTOCOL.call(self.broker.channel, service, method, **fields)

    def samples(self):
        """{(name, {label: value}): number}, labels as a frozenset of pairs."""
        found = {}
        for name, labels, number in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", self.broker.metrics(), re.MULTILINE):
            found[name, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))] = float(number)
        return found

    def put_rule(self, name, targets):
        self.call(RULES, "PutRule", rule={
            "name": name, "pattern": '{"source":["shop"]}', "targets": [
                {"id": f"t{i}", "address": f"service:{name}-{i}", "retry_policy": {"retries_max": 0}}
                for i in range(targets)]})

    def test_everything_is_there_at_zero_before_anything_happens(self):
        self.start()
        self.call(BUSES, "PutBus", bus={"name": "audit"})
        self.put_rule("r", 2)
        samples = self.samples()
        for target in ("t0", "t1"):
            own = {key: number for key, number in samples.items() if ("target", target) in key[1]}
            self.assertEqual(len(own), 12, own)
            self.assertEqual(set(own.values()), {0})
            reasons = {value for (name, labels) in own for label, value in labels if label == "reason"}
            self.assertEqual(reasons, REASONS)
        self.assertEqual(samples["FailedInvocations", frozenset({("bus", "default"), ("rule", "r"), ("target", "t0")})], 0)
        for bus in ("default", "audit"):
            for name in PER_BUS:
                self.assertEqual(samples.get((name, frozenset({("bus", bus)}))), 0, (bus, name))
            results = {dict(labels)["result"]: number for (name, labels), number in samples.items()
                       if name == "pavane_publish_results_total" and ("bus", bus) in labels}
            self.assertEqual(results, dict.fromkeys(("accepted", "duplicate", "scheduled", "refused"), 0))
        limits = {number for (name, _), number in samples.items() if name == "pavane_limit_hits_total"}
        self.assertEqual(limits, {0})
        for name in ("pavane_commit_seconds_count", "pavane_fsync_seconds_count", "process_cpu_seconds_total",
                     "process_resident_memory_bytes", "pavane_streams", "pavane_store_bytes"):
            self.assertIn((name, frozenset()), samples)
        self.assertTrue(any(name.startswith("pavane_rocksdb_") for name, _ in samples))
        self.assertTrue(any(name == "pavane_build_info" for name, _ in samples))

    def test_further_targets_are_summed_and_the_totals_of_the_bus_stay_exact(self):
        self.start("--metrics.targets_max=2")
        self.put_rule("first", 2)
        self.put_rule("further", 3)
        self.call(PUBLISHER, "Publish", entries=[{"event": event(f"e-{i}")} for i in range(4)])
        for rule, targets in (("first", 2), ("further", 3)):
            for i in range(targets):
                service, left = f"{rule}-{i}", 4
                while left:
                    for delivery in self.call(SUBSCRIBER, "Pull", service=service, deliveries_max=left,
                                              wait={"seconds": 20}).deliveries:
                        self.call(SUBSCRIBER, "Settle", service=service, settlements=[
                            {"delivery_id": delivery.delivery_id, "reject": {"code": "NO"}}])
                        left -= 1
        failed = {dict(labels)["rule"] + "/" + dict(labels)["target"]: number
                  for (name, labels), number in self.samples().items() if name == "FailedInvocations"}
        self.assertEqual(failed, {"first/t0": 4, "first/t1": 4, "_other/_other": 12})
        samples = self.samples()
        bus = frozenset({("bus", "default")})
        self.assertEqual(samples["pavane_invocations_created_total", bus], 20)
        self.assertEqual(samples["pavane_dead_letters_total", bus], 20)
        self.assertEqual(samples["pavane_dead_letters", bus], 20)
        self.assertEqual(samples["pavane_matched_events_total", bus], 4)
        self.assertEqual(samples["pavane_triggered_rules_total", bus], 8)
        single = self.call(SYSTEM, "ListTargetStats", rule="further", target="t2").targets
        self.assertEqual([(s.failed_invocations, s.dead_letters) for s in single], [(4, 4)])

    def test_settlements_are_counted_by_outcome_and_not_again_after_a_restart(self):
        self.start()
        self.put_rule("settled", 1)
        self.call(PUBLISHER, "Publish", entries=[{"event": event("e")}])
        delivery = self.call(SUBSCRIBER, "Pull", service="settled-0", deliveries_max=1, wait={"seconds": 20}).deliveries[0]
        for outcome in ({"nack": {"code": "C" * 1_000}}, {"ack": {}}, {"reject": {}}):
            self.call(SUBSCRIBER, "Settle", service="settled-0",
                      settlements=[{"delivery_id": delivery.delivery_id, **outcome}])

        def counted():
            return {dict(labels)["outcome"]: number for (name, labels), number in self.samples().items()
                    if name == "pavane_settlements_total"}
        self.assertEqual(counted(), {"ack": 1, "nack": 0, "reject": 0, "release": 0, "refused": 2})
        self.broker.kill()
        self.broker.start()
        self.assertEqual(set(counted().values()), {0})

    def test_dead_letters_of_a_deleted_target_stay_in_the_gauge_over_a_restart(self):
        self.start()
        self.put_rule("gone", 1)
        self.call(PUBLISHER, "Publish", entries=[{"event": event("e")}])
        delivery = self.call(SUBSCRIBER, "Pull", service="gone-0", deliveries_max=1, wait={"seconds": 20}).deliveries[0]
        self.call(SUBSCRIBER, "Settle", service="gone-0",
                  settlements=[{"delivery_id": delivery.delivery_id, "reject": {"code": "NO"}}])
        self.call(RULES, "DeleteRule", name="gone")
        gauge = "pavane_dead_letters", frozenset({("bus", "default")})
        self.assertEqual(self.samples()[gauge], 1)
        self.assertEqual(self.broker.stop(), 0)
        self.broker.start()
        self.assertEqual(self.samples()[gauge], 1)


if __name__ == "__main__":
    unittest.main()
