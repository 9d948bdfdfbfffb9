"""A target that begins in the past gets each event once, over a kill, and the command line says where it begins."""

import json
import os
import subprocess
import tempfile
import unittest

from generic_client import PROTOCOL, PUBLISHER, SUBSCRIBER, event
from running_broker import ROOT, Broker, await_true

PAVANE = os.environ.get("PAVANE", str(ROOT / "build/bin/pavane"))
EVENTS = 2_600
PATTERN = '{"source":["shop"]}'


class StartPositionTest(unittest.TestCase):

    def publish(self, first, count):
        for begin in range(first, first + count, 500):
            entries = [{"event": event(f"e-{i}")} for i in range(begin, min(begin + 500, first + count))]
            for result in PROTOCOL.call(self.broker.channel, PUBLISHER, "Publish", entries=entries).results:
                self.assertFalse(result.HasField("error"), result)

    def take(self, count):
        """Acknowledges `count` deliveries; their sequences."""
        taken = []

        def some():
            deliveries = PROTOCOL.call(self.broker.channel, SUBSCRIBER, "Pull", service="s",
                                       deliveries_max=min(count - len(taken), 200), wait={"seconds": 5}).deliveries
            if deliveries:
                results = PROTOCOL.call(self.broker.channel, SUBSCRIBER, "Settle", service="s", settlements=[
                    {"delivery_id": d.delivery_id, "ack": {}} for d in deliveries]).results
                self.assertFalse([r for r in results if r.HasField("error")])
                taken.extend(d.sequence for d in deliveries)
            return len(taken) == count

        await_true(some, 60, f"{count} deliveries")
        return taken

    def pavane(self, *arguments):
        env = {**os.environ, "PAVANE_ADDRESS": self.broker.grpc}
        done = subprocess.run([PAVANE, *arguments], capture_output=True, text=True, timeout=60, env=env, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_target_begins_in_the_past_over_a_kill(self):
        with tempfile.TemporaryDirectory() as folder:
            self.broker = Broker(folder)
            self.addCleanup(self.broker.kill)
            self.publish(0, EVENTS)
            self.pavane("rule", "put", "r", "--pattern", PATTERN, "--target", "service:s", "--start", "101")
            self.assertIn("from sequence 101", self.pavane("rule", "get", "r"))
            taken = self.take(300)
            self.publish(EVENTS, 10)
            self.broker.kill()
            self.broker.start()
            left = EVENTS + 10 - 100 - 300
            taken += self.take(left)
            self.assertEqual(sorted(taken), list(range(101, EVENTS + 11)))
            self.assertEqual(self.broker.stop(), 0)

    def test_a_rule_file_says_where_its_targets_begin(self):
        with tempfile.TemporaryDirectory() as folder:
            self.broker = Broker(folder)
            self.addCleanup(self.broker.kill)
            self.publish(0, 3)
            path = os.path.join(folder, "rules.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("name: r\npattern: {source: [shop]}\n"
                           "targets: [{id: t, address: 'service:s', start_position: earliest}]\n")
            self.pavane("rule", "put", "--file", path)
            self.assertEqual(sorted(self.take(3)), [1, 2, 3])
            rule = json.loads(self.pavane("rule", "get", "r", "-o", "json"))
            self.assertTrue(rule["targets"][0]["startPosition"]["earliest"])
            self.assertEqual(self.broker.stop(), 0)


if __name__ == "__main__":
    unittest.main()
