"""docs/metrics.md tells of every metric that a broker serves, with type and labels, and of no other; deploy/ uses only those."""

import json
import re
import tempfile
import unittest

from running_broker import ROOT, Broker, Protocol

DEPLOY = ROOT / 'deploy'
SUBSCRIBER = 'pavane.v1.SubscriberService'


class Row:
    """One metric of the document. A name that ends with dots stands for all that begin so."""

    def __init__(self, name, kind, meaning, heading):
        self.prefix = name.removesuffix('...')
        self.exact = self.prefix == name
        self.kind = kind.strip()
        self.of_all = set(re.findall(r'`(\w+)`', heading))
        self.labels = self.of_all | set(re.findall(r'`(\w+)`', meaning))

    def describes(self, family):
        return family == self.prefix if self.exact else family.startswith(self.prefix)


def documented():
    rows, heading = [], ''
    for line in (ROOT / 'docs/metrics.md').read_text().splitlines():
        if line.startswith('## '):
            heading = line
        cells = line.split('|')
        name = re.fullmatch(r'`(\w+(?:\.\.\.)?)`', cells[1].strip()) if len(cells) == 5 else None
        if name and 'EventBridge' not in heading:
            rows.append(Row(name[1], cells[2], cells[3], heading))
    return rows


def dashboard():
    return json.loads((DEPLOY / 'grafana/dashboards/pavane-overview.json').read_text())


class MetricsDocumentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        broker = Broker(folder.name)
        cls.addClassCleanup(broker.kill)
        protocol = Protocol()

        def call(service, method, /, **fields):
            return protocol.call(broker.channel, service, method, **fields)

        # Something of everything, so that every family has a sample.
        call('pavane.admin.v1.RuleAdmin', 'PutRule', rule={
            'name': 'r', 'pattern': '{"source":["s"]}', 'targets': [{'id': 't', 'address': 'service:worker'}]})
        for outcome in ('ack', 'reject'):
            event = {'id': outcome, 'source': 's', 'spec_version': '1.0', 'type': 'T', 'text_data': '{}'}
            call('pavane.v1.PublisherService', 'Publish', entries=[{'event': event}])
            pulled = call(SUBSCRIBER, 'Pull', service='worker', deliveries_max=1, wait={'seconds': 20}).deliveries
            settled = call(SUBSCRIBER, 'Settle', service='worker', settlements=[
                {'delivery_id': pulled[0].delivery_id, outcome: {}}])
            assert not settled.results[0].HasField('error'), settled
        cls.text = broker.metrics()
        cls.kinds = dict(re.findall(r'^# TYPE (\S+) (\S+)$', cls.text, re.MULTILINE))

    def labels(self, family):
        """The labels of all samples of a family, and those that all of them have."""
        found = [set(re.findall(r'(\w+)="', line)) - {'le'} for line in self.text.splitlines()
                 if re.match(rf'{family}(_bucket|_sum|_count)?[{{ ]', line)]
        return (set.union(*found), set.intersection(*found)) if found else (None, None)

    def test_every_metric_is_documented_as_it_is(self):
        rows = documented()
        self.assertGreater(len(rows), 25, 'the document was not read as it is written')
        for family, kind in self.kinds.items():
            row = next((row for row in rows if row.describes(family)), None)
            self.assertIsNotNone(row, f'docs/metrics.md does not tell of {family}')
            if row.kind:
                self.assertEqual(kind, row.kind, family)
            some, everywhere = self.labels(family)
            if some is not None:
                self.assertLessEqual(some, row.labels, f'labels of {family} that are not documented')
                self.assertLessEqual(row.of_all, everywhere, f'labels that {family} lacks')

    def test_every_documented_metric_is_there(self):
        for row in documented():
            self.assertTrue(any(map(row.describes, self.kinds)), f'{row.prefix} is documented and not there')

    def test_deploy_names_only_metrics_that_are_there(self):
        expressions = [target['expr'] for panel in dashboard()['panels'] for target in panel.get('targets', [])]
        expressions += re.findall(r'expr: (.*)', (DEPLOY / 'prometheus/alerts.yml').read_text())
        self.assertGreater(len(expressions), 30)
        for expression in expressions:
            for name in re.findall(r'\b(?:pavane_|process_|FailedInv)\w+', expression):
                self.assertIn(re.sub(r'_(bucket|sum|count)$', '', name), self.kinds, expression)

    def test_the_dashboard_is_one_that_grafana_loads(self):
        """What Grafana's schema asks for and no other test would see: ids, places, sources, variables."""
        board = dashboard()
        source = re.search(r'uid: (\S+)', (DEPLOY / 'grafana/provisioning/datasources/pavane.yml').read_text())[1]
        self.assertIn(f'/d/{board["uid"]}>', (DEPLOY / 'README.md').read_text())
        ids = [panel['id'] for panel in board['panels']]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in board['panels']:
            place = panel['gridPos']
            cells = {(x, y) for x in range(place['x'], place['x'] + place['w'])
                     for y in range(place['y'], place['y'] + place['h'])}
            self.assertLessEqual(place['x'] + place['w'], 24, panel['title'])
            self.assertFalse(cells & taken, f'{panel["title"]} lies over another panel')
            taken |= cells
            references = [target['refId'] for target in panel.get('targets', [])]
            self.assertEqual(len(references), len(set(references)), panel['title'])
            self.assertEqual(bool(references), panel['type'] != 'row', panel['title'])
            for part in (panel, *panel.get('targets', [])):
                if panel['type'] != 'row':
                    self.assertEqual(part['datasource'], {'type': 'prometheus', 'uid': source}, panel['title'])
        known = {variable['name'] for variable in board['templating']['list']} | {'__rate_interval', '__range'}
        self.assertLessEqual(set(re.findall(r'\$(\w+)', json.dumps(board['panels']))), known)


if __name__ == '__main__':
    unittest.main()
