"""A real Prometheus scrapes pavaned; FailedInvocations is read from Prometheus' own API."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.parse

from running_broker import ROOT, Broker, Protocol, await_true, free_port, http_get

DEPLOY = ROOT / "deploy"
LABELS = 'bus="default",rule="orders",target="worker"'


class Prometheus:
    """Scrapes one address with deploy/'s configuration, once a second."""

    def __init__(self, folder, scraped):
        self.folder = pathlib.Path(folder)
        self.url = f"http://127.0.0.1:{free_port()}"
        text = (DEPLOY / "prometheus/prometheus.yml").read_text()
        text = text.replace("127.0.0.1:7441", scraped).replace("alerts.yml", str(DEPLOY / "prometheus/alerts.yml"))
        text = re.sub(r"(scrape_interval|scrape_timeout|evaluation_interval): \w+", r"\1: 1s", text)
        (self.folder / "prometheus.yml").write_text(text)
        self.log_path = self.folder / "prometheus.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [
                    "prometheus", f"--config.file={self.folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self.folder / 'tsdb'}", f"--web.listen-address={self.url[7:]}",
                ],
                stdout=log, stderr=log,
            )
        await_true(self._ready, 60, "Prometheus' start")

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Prometheus ended:\n{self.log_path.read_text()}")
        try:
            return http_get(self.url + "/-/ready")[0] == 200
        except OSError:
            return False

    def query(self, expression):
        """[(labels, number)]"""
        status, text = http_get(f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        answer = json.loads(text)
        if status != 200 or answer["status"] != "success":
            raise AssertionError(f"{expression}: {text}")
        return [(item["metric"], float(item["value"][1])) for item in answer["data"]["result"]]

    def value(self, expression):
        """The number of the only series; None if there is none."""
        result = self.query(expression)
        assert len(result) < 2, result
        return result[0][1] if result else None

    def await_value(self, expression, wanted):
        await_true(lambda: self.value(expression) == wanted, what=f"{expression} == {wanted}")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


class PrometheusTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # A fixed port, since the broker is restarted under the same Prometheus.
        self.http_port = free_port()
        self.broker = Broker(self.folder, f"--http-listen=127.0.0.1:{self.http_port}")
        self.addCleanup(lambda: self.broker.kill())
        self.protocol = Protocol()

    def call(self, service, method, /, **fields):
        return self.protocol.call(self.broker.channel, service, method, **fields)

    def put_rule(self):
        self.call(
            "pavane.admin.v1.RuleAdmin", "PutRule",
            rule={
                "name": "orders", "pattern": '{"source": ["shop"]}',
                "targets": [{"id": "worker", "address": "service:worker", "retry_policy": {"retries_max": 0}}],
            },
        )

    def publish(self, event_id):
        answer = self.call(
            "pavane.v1.PublisherService", "Publish",
            entries=[{"event": {"id": event_id, "source": "shop", "spec_version": "1.0", "type": "OrderPlaced", "text_data": "{}"}}],
        )
        self.assertEqual(answer.results[0].error.message, "")
        self.assertEqual(answer.results[0].matched_rules, 1)

    def settle_next(self, **outcome):
        pulled = self.call(
            "pavane.v1.SubscriberService", "Pull", service="worker", deliveries_max=1, wait={"seconds": 10}
        )
        self.assertEqual(len(pulled.deliveries), 1)
        settled = self.call(
            "pavane.v1.SubscriberService", "Settle", service="worker",
            settlements=[{"delivery_id": pulled.deliveries[0].delivery_id, **outcome}],
        )
        self.assertEqual(settled.results[0].error.message, "")

    def test_failed_invocations_are_read_from_prometheus(self):
        prometheus = Prometheus(self.folder, f"127.0.0.1:{self.http_port}")
        self.addCleanup(prometheus.stop)
        failed = f"FailedInvocations{{{LABELS}}}"
        self.put_rule()
        prometheus.await_value(failed, 0)  # there from the start, before anything happened

        self.publish("rejected")
        self.settle_next(reject={"code": "NO_STOCK", "message": "sold out"})
        prometheus.await_value(failed, 1)
        prometheus.await_value(f'pavane_failed_invocations_total{{{LABELS},reason="REJECTED"}}', 1)
        self.assertEqual(prometheus.value(f'sum(pavane_failed_invocations_total{{{LABELS}}})'), 1)

        self.publish("exhausted")
        self.settle_next(nack={"code": "DOWN"})
        self.publish("fine")
        self.settle_next(ack={})
        prometheus.await_value(f"pavane_invocations_total{{{LABELS}}}", 3)
        self.assertEqual(prometheus.value(failed), 2)
        self.assertEqual(prometheus.value(f'pavane_failed_invocations_total{{{LABELS},reason="RETRIES_EXHAUSTED"}}'), 1)
        self.assertEqual(prometheus.value(f"pavane_successful_invocation_attempts_total{{{LABELS}}}"), 1)
        prometheus.await_value('pavane_dead_letters{bus="default"}', 2)
        prometheus.await_value('pavane_matched_events_total{bus="default"}', 3)
        prometheus.await_value('pavane_publish_results_total{bus="default",result="accepted"}', 3)
        self.assertEqual(prometheus.value('count({__name__=~"pavane_.*|FailedInvocations",target="worker"})'), 12)
        prometheus.await_value('ALERTS{alertname="PavaneFailedInvocations",rule="orders",target="worker"}', 1)

        first_start = prometheus.value("process_start_time_seconds")
        self.assertEqual(self.broker.stop(), 0, self.broker.log())
        self.broker.start()
        await_true(lambda: prometheus.value(f"process_start_time_seconds > {first_start}"), what="a scrape after the restart")
        self.assertIn(f"FailedInvocations{{{LABELS}}} 2\n", self.broker.metrics())
        self.assertEqual(prometheus.value(failed), 2)
        self.assert_dashboard_works(prometheus)

    def assert_dashboard_works(self, prometheus):
        """Prometheus takes each expression of the dashboard."""
        dashboard = json.loads((DEPLOY / "grafana/dashboards/pavane-overview.json").read_text())
        expressions = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", [])]
        self.assertGreater(len(expressions), 20)
        for expression in expressions:
            for variable, value in (("$__rate_interval", "1m"), ("$__range", "1h"), ("$instance", ".*"), ("$bus", ".*")):
                expression = expression.replace(variable, value)
            prometheus.query(expression)

    def test_promtool_accepts_the_metrics(self):
        self.put_rule()
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=self.broker.metrics(), text=True, capture_output=True, check=False
        )
        # Its lint dislikes EventBridge's own name, which is the point of that one.
        complaints = [line for line in (checked.stdout + checked.stderr).splitlines() if not line.startswith("FailedInvocations ")]
        self.assertEqual(complaints, [])
        self.assertIn(checked.returncode, (0, 3))

    def test_promtool_accepts_deploy(self):
        for command in (["check", "config", "prometheus.yml"], ["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
            subprocess.run(["promtool", *command], cwd=DEPLOY / "prometheus", check=True, stdout=subprocess.DEVNULL)

    def test_health_and_readiness(self):
        self.assertEqual(http_get(self.broker.http + "/healthz")[0], 200)
        self.assertEqual(http_get(self.broker.http + "/readyz"), (200, "ready\n"))
        status, text = http_get(self.broker.http + "/nothing")
        self.assertEqual((status, json.loads(text)["error"]["status"]), (404, 404))


if __name__ == "__main__":
    unittest.main()
