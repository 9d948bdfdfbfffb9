"""The command line against a real broker: every command, with good and with bad input."""

import json
import os
import pty
import signal
import subprocess
import tempfile
import time
import unittest

from running_broker import ROOT, Broker, Protocol, await_true

PAVANE = os.environ.get('PAVANE', str(ROOT / 'build/bin/pavane'))
SUBSCRIBER = 'pavane.v1.SubscriberService'

OK, FAILURE, USAGE, NOT_FOUND, UNAVAILABLE = range(5)
LIMIT = 30.0

FOLDER = None
BROKER = None
PROTOCOL = None


def setUpModule():
    global FOLDER, BROKER, PROTOCOL
    FOLDER = tempfile.TemporaryDirectory(prefix='pavane-cli-test-')
    BROKER = Broker(FOLDER.name, f'--grpc-listen=unix:{FOLDER.name}/broker.sock')
    PROTOCOL = Protocol()


def tearDownModule():
    code = BROKER.stop()
    log = BROKER.log()
    FOLDER.cleanup()
    assert code == 0, f'pavaned ended with {code}:\n{log}'


def reject(service, count, code='E_TEST'):
    """Plays a service that rejects `count` deliveries."""
    left = count

    def some():
        nonlocal left
        deliveries = PROTOCOL.call(BROKER.channel, SUBSCRIBER, 'Pull', service=service, deliveries_max=left,
                                   wait={'seconds': 5}).deliveries
        settlements = [{'delivery_id': d.delivery_id, 'reject': {'code': code, 'message': 'no good'}}
                       for d in deliveries]
        if settlements:
            results = PROTOCOL.call(BROKER.channel, SUBSCRIBER, 'Settle', service=service,
                                    settlements=settlements).results
            assert not any(r.HasField('error') for r in results), results
        left -= len(settlements)
        return left == 0

    await_true(some, LIMIT, f'{count} deliveries for {service}')


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith('PAVANE_')}
    env['PAVANE_ADDRESS'] = BROKER.grpc
    env.update(more)
    return env


def run(*arguments, stdin='', env=None):
    return subprocess.run([PAVANE, *arguments], input=stdin, capture_output=True, text=True,
                          timeout=120, env=env or environment(), check=False)


def end(process):
    """Ends a program that a test has left running."""
    if process.poll() is None:
        process.kill()
        process.communicate()


class CliTest(unittest.TestCase):
    number = 0

    def setUp(self):
        CliTest.number += 1
        self.bus = f'bus{CliTest.number}'
        self.service = f'service{CliTest.number}'
        self.folder = tempfile.mkdtemp(dir=FOLDER.name)

    def ok(self, *arguments, **options):
        """Runs a command that must succeed; its standard output."""
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, OK, f'{arguments}: {done.stdout}{done.stderr}')
        return done.stdout

    def lines(self, *arguments, **options):
        """Runs a command with -o json; one object per line."""
        return [json.loads(line) for line in self.ok(*arguments, '-o', 'json', **options).splitlines()]

    def fails(self, code, *arguments, saying=None, **options):
        """Runs a command that must fail with `code`; its standard error."""
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, code, f'{arguments}: {done.stdout}{done.stderr}')
        self.assertNotEqual(done.stderr, '')
        if saying:
            self.assertIn(saying, done.stderr)
        return done.stderr

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(content)
        return path

    def make_bus(self):
        self.ok('bus', 'put', self.bus)

    def make_rule(self, name='r', pattern='{"source":[{"prefix":""}]}', *more):
        self.ok('rule', 'put', name, '--bus', self.bus, '--pattern', pattern,
                '--target', f'service:{self.service}', *more)

    def publish(self, event_type='T', data='{}', *more):
        return self.lines('publish', '--bus', self.bus, '--type', event_type, '--data', data, *more)[0]

    def make_dead_letters(self, count, code='E_TEST'):
        for i in range(count):
            self.publish('T', json.dumps({'i': i}))
        reject(self.service, count, code)


class Buses(CliTest):
    def test_put_get_list_delete(self):
        self.assertIn(f'made bus {self.bus}', self.ok('bus', 'put', self.bus, '--retention', '2d',
                                                      '--description', 'trial'))
        self.assertIn(f'updated bus {self.bus}', self.ok('bus', 'put', self.bus, '--dedup-window', '1h'))
        bus = self.lines('bus', 'get', self.bus)[0]
        self.assertEqual(bus['description'], 'trial', 'a flag that is not given changes nothing')
        self.assertEqual(bus['retention'], '172800s')
        self.assertEqual(bus['dedupWindow'], '3600s')
        self.assertRegex(self.ok('bus', 'get', self.bus), r'(?m)^Retention: +2d$')
        table = self.ok('bus', 'list')
        self.assertTrue(table.startswith('NAME'))
        self.assertIn(self.bus, table)
        self.assertIn('default', [bus['name'] for bus in self.lines('bus', 'list')])
        self.ok('bus', 'delete', self.bus)
        self.fails(NOT_FOUND, 'bus', 'get', self.bus, saying='pavane bus list')

    def test_refusals(self):
        self.fails(NOT_FOUND, 'bus', 'get', 'nobody')
        self.fails(NOT_FOUND, 'bus', 'delete', 'nobody')
        self.fails(FAILURE, 'bus', 'put', 'no spaces allowed')
        self.fails(FAILURE, 'bus', 'delete', 'default')
        self.fails(USAGE, 'bus', 'put', 'x', '--retention', 'long')

    def test_delete_refuses_unsettled_unless_discard(self):
        self.make_bus()
        self.make_rule()
        self.publish()
        self.fails(FAILURE, 'bus', 'delete', self.bus, saying='--discard')
        self.assertIn('1 delivery discarded', self.ok('bus', 'delete', self.bus, '--discard'))


class Rules(CliTest):
    def setUp(self):
        super().setUp()
        self.make_bus()

    def test_life_of_a_rule(self):
        pattern = '{"detail-type":["SeatAssigned"]}'
        made = self.ok('rule', 'put', 'seat/taken', '-b', self.bus, '--pattern', pattern,
                       '--target', 'service:ticket', '--target', f'audit=bus:{self.bus}',
                       '--retries', '3', '--max-age', '1h', '--non-retryable', 'E_GONE',
                       '--description', 'tickets')
        self.assertIn('made rule seat/taken', made)
        rule = self.lines('rule', 'get', 'seat/taken', '-b', self.bus)[0]
        self.assertEqual(json.loads(rule['pattern']), json.loads(pattern))
        self.assertEqual([t['id'] for t in rule['targets']], ['ticket', 'audit'])
        self.assertEqual(rule['targets'][0]['retryPolicy']['retriesMax'], 3)
        self.assertEqual(rule['targets'][0]['retryPolicy']['ageMax'], '3600s')
        shown = self.ok('rule', 'get', 'seat/taken', '-b', self.bus)
        self.assertIn('retries 3, age 1h, no retry of E_GONE', shown)

        self.ok('rule', 'disable', 'seat/taken', '-b', self.bus)
        self.assertIn('disabled', self.ok('rule', 'list', '-b', self.bus))
        self.assertEqual(self.publish('SeatAssigned')['matchedRules'], 0)
        self.ok('rule', 'enable', 'seat/taken', '-b', self.bus)
        self.assertEqual(self.publish('SeatAssigned')['matchedRules'], 1)

        self.ok('rule', 'pause', 'seat/taken', 'ticket', '-b', self.bus)
        self.assertIn('service:ticket(paused)', self.ok('rule', 'list', '-b', self.bus))
        self.ok('rule', 'resume', 'seat/taken', 'ticket', '-b', self.bus)
        self.assertNotIn('paused', self.ok('rule', 'list', '-b', self.bus))

        self.fails(FAILURE, 'rule', 'delete', 'seat/taken', '-b', self.bus, saying='--discard')
        self.ok('rule', 'delete', 'seat/taken', '-b', self.bus, '--discard')
        self.fails(NOT_FOUND, 'rule', 'get', 'seat/taken', '-b', self.bus, saying='pavane rule list')

    def test_files(self):
        path = self.file('rules.yaml', f'''
rules:
  - name: a
    pattern: {{detail: {{amount: [{{numeric: [">", 100]}}]}}}}
    targets: ["service:{self.service}"]
  - name: b
    state: disabled
    pattern: '{{"source":["x"]}}'
    targets:
      - id: t
        address: service:{self.service}
        retry_policy: {{age_max: 10m, retries_max: 2}}
''')
        self.assertIn('made 2 rules, updated 0', self.ok('rule', 'put', '-b', self.bus, '-f', path))
        self.assertIn('made 0 rules, updated 2', self.ok('rule', 'put', '-b', self.bus, '-f', path))
        self.assertEqual([r['name'] for r in self.lines('rule', 'list', '-b', self.bus)], ['a', 'b'])
        self.assertEqual(len(self.lines('rule', 'list', '-b', self.bus, '--prefix', 'b')), 1)
        self.assertEqual(len(self.lines('rule', 'list', '-b', self.bus, '--target-address',
                                        f'service:{self.service}')), 2)
        printed = self.ok('rule', 'get', 'b', '-b', self.bus, '-o', 'json')
        self.assertIn('updated rule b', self.ok('rule', 'put', '-f', '-', stdin=printed))
        before = json.loads(printed)
        after = self.lines('rule', 'get', 'b', '-b', self.bus)[0]
        for key in ('pattern', 'state', 'targets'):
            self.assertEqual(after[key], before[key])

    def test_bad_rules(self):
        good = '{"source":["x"]}'
        self.fails(FAILURE, 'rule', 'put', 'r', '-b', self.bus, '-p', '{"source":[{"prefxi":"x"}]}',
                   '-t', 'service:x')
        self.fails(FAILURE, 'rule', 'put', 'r', '-b', self.bus, '-p', 'not json', '-t', 'service:x')
        self.fails(FAILURE, 'rule', 'put', 'r', '-b', self.bus, '-p', good, '-t', 'a=service:x',
                   '-t', 'a=service:y')
        self.fails(FAILURE, 'rule', 'put', 'r', '-b', self.bus, '-p', good, '-t', 'ftp://x')
        self.fails(FAILURE, 'rule', 'put', 'bad name', '-b', self.bus, '-p', good)
        self.fails(NOT_FOUND, 'rule', 'put', 'r', '-b', 'nobody', '-p', good, '-t', 'service:x')
        self.fails(USAGE, 'rule', 'put', 'r', '-b', self.bus, '-p', good, '-t', 'nowhere')
        self.fails(FAILURE, 'rule', 'put', '-f', self.file('bad.yaml', 'name: [1'), saying='bad.yaml')
        self.fails(FAILURE, 'rule', 'put', '-f', self.file('typo.yaml', 'name: r\npatern: x'),
                   saying='rule 1 (r)')
        self.fails(FAILURE, 'rule', 'put', '-f', os.path.join(self.folder, 'none.yaml'), saying='none.yaml')
        for command in ('enable', 'disable', 'delete'):
            self.fails(NOT_FOUND, 'rule', command, 'nobody', '-b', self.bus)
        self.fails(NOT_FOUND, 'rule', 'pause', 'nobody', 't', '-b', self.bus)
        self.assertEqual(self.lines('rule', 'list', '-b', self.bus), [])

    def test_one_bad_rule_of_a_file_keeps_all_out(self):
        path = self.file('mixed.json', json.dumps([
            {'name': 'good', 'bus': self.bus, 'pattern': {'source': ['x']}, 'targets': ['service:x']},
            {'name': 'bad', 'bus': self.bus, 'pattern': {'source': 'x'}, 'targets': ['service:x']}]))
        self.fails(FAILURE, 'rule', 'put', '-f', path)
        self.assertEqual(self.lines('rule', 'list', '-b', self.bus), [])

    def test_pattern_against_events(self):
        pattern = '{"detail":{"amount":[{"numeric":[">",100]}]}}'
        event = '{"detail-type":"T","source":"s","detail":{"amount":%d}}'
        self.assertIn('1 of 1 match', self.ok('rule', 'test', '-p', pattern, '-e', event % 200))
        self.assertIn('0 of 1 match', self.ok('rule', 'test', '-p', pattern, '-e', event % 7))
        self.fails(FAILURE, 'rule', 'test', '-p', pattern, '-e', event % 7, '--check',
                   saying='1 of 1 events do not match')
        cloud = json.dumps({'specversion': '1.0', 'id': 'c', 'source': 's', 'type': 'T', 'data': {'amount': 300}})
        path = self.file('events.jsonl', '\n'.join([cloud, event % 1, cloud, event % 101]))
        self.assertEqual([line['matched'] for line in self.lines('rule', 'test', '-p', pattern, '-f', path)],
                         [True, False, True, True])
        self.make_rule('big', pattern)
        self.assertIn('3 of 4 match', self.ok('rule', 'test', '--rule', 'big', '-b', self.bus, '-f', path))
        self.fails(FAILURE, 'rule', 'test', '-p', '{"a":1}', '-f', path, saying='INVALID_PATTERN')
        self.fails(FAILURE, 'rule', 'test', '-p', pattern, '-e', '{oops', saying='--event')
        self.fails(NOT_FOUND, 'rule', 'test', '--rule', 'nobody', '-b', self.bus, '-f', path)


class Publishing(CliTest):
    def setUp(self):
        super().setUp()
        self.make_bus()

    def test_one_event(self):
        out = self.ok('publish', '-b', self.bus, '-t', 'T', '-s', '/x', '-d', '{"a":1}', '--id', 'one')
        self.assertEqual(out, f'published one to {self.bus}, sequence 1, 0 rules matched\n')
        again = self.lines('publish', '-b', self.bus, '-t', 'T', '-s', '/x', '-d', '{"a":1}', '--id', 'one')[0]
        self.assertTrue(again['duplicate'])
        self.assertEqual(again['sequence'], '1')

    def test_data_from_stdin_and_file_with_attributes(self):
        self.ok('publish', '-b', self.bus, '-t', 'T', '--id', 'in', '-d', '-', stdin='{"from":"stdin"}')
        self.ok('publish', '-b', self.bus, '-t', 'T', '--id', 'file', '-d', '@' + self.file('d', '{"from":"file"}'),
                '-a', 'tenant=acme', '-a', 'priority:=3', '-a', 'vip:=true', '--subject', 's-1')
        self.ok('publish', '-b', self.bus, '-t', 'T', '--id', 'text', '-d', 'plain', '--content-type', 'text/plain')
        events = {e['event']['id']: e['event'] for e in self.lines('event', 'list', '-b', self.bus)}
        self.assertEqual(events['in']['data'], {'from': 'stdin'})
        self.assertEqual(events['file']['data'], {'from': 'file'})
        self.assertEqual((events['file']['tenant'], events['file']['priority'], events['file']['vip'],
                          events['file']['subject']), ('acme', 3, True, 's-1'))
        self.assertEqual(events['text']['data'], 'plain')

    def test_refusals(self):
        self.fails(NOT_FOUND, 'publish', '-b', 'nobody', '-t', 'T', saying='UNKNOWN_BUS')
        self.fails(FAILURE, 'publish', '-b', self.bus, '-t', 'T', '-a', 'Bad-Name=x', saying='INVALID_ATTRIBUTE')
        self.fails(FAILURE, 'publish', '-b', self.bus, '-t', 'T', '-d', '-',
                   stdin=json.dumps({'x': 'y' * (2 << 20)}), saying='EVENT_TOO_LARGE')
        self.fails(USAGE, 'publish', '-b', self.bus, '-t', 'T', '-d', '{oops}', saying='not JSON')
        self.assertEqual(self.lines('event', 'list', '-b', self.bus), [])

    def test_validate_only_stores_nothing(self):
        self.make_rule()
        self.assertIn('1 rule matched', self.ok('publish', '-b', self.bus, '-t', 'T', '--validate-only'))
        self.assertEqual(self.lines('event', 'list', '-b', self.bus), [])

    def test_json_lines(self):
        events = [json.dumps({'specversion': '1.0', 'id': str(i), 'source': '/s', 'type': 'T', 'data': {'i': i}})
                  for i in range(3000)]
        path = self.file('events.jsonl', '\n'.join(events) + '\n')
        out = self.ok('publish', path, '-b', self.bus)
        self.assertIn('published 3000 events (0 duplicates)', out)
        stored = self.lines('event', 'list', '-b', self.bus, '--all')
        self.assertEqual([e['event']['id'] for e in stored], [str(i) for i in range(3000)])
        out = self.ok('publish', '-', '-b', self.bus, stdin='\n'.join(events[:10]))
        self.assertIn('published 10 events (10 duplicates)', out)

    def test_bad_lines_are_named_and_the_good_ones_stay(self):
        lines = ['{"id":"a","type":"T"}', '', '{oops}', '{"id":"b"}', '{"id":"c","type":"T"}']
        path = self.file('mixed.jsonl', '\n'.join(lines))
        done = run('publish', path, '-b', self.bus, '-o', 'json')
        self.assertEqual(done.returncode, FAILURE, done.stderr)
        self.assertIn('line 3: ', done.stderr)
        self.assertIn('line 4: MISSING_ATTRIBUTE', done.stderr)
        self.assertIn('2 of 4 events were not published', done.stderr)
        results = {r['line']: r for r in map(json.loads, done.stdout.splitlines())}
        self.assertEqual(results[4]['reason'], 'MISSING_ATTRIBUTE')
        self.assertEqual(sorted([results[1]['sequence'], results[5]['sequence']]), ['1', '2'])

    def test_rate_is_held(self):
        lines = '\n'.join('{"type":"T"}' for _ in range(21))
        began = time.monotonic()
        self.ok('publish', '-', '-b', self.bus, '--rate', '40', stdin=lines)
        self.assertGreaterEqual(time.monotonic() - began, 0.5)

    def test_listed_events_can_be_published_again(self):
        self.publish('T', '{"a":1}')
        other = self.bus + '-copy'
        self.ok('bus', 'put', other)
        listed = self.lines('event', 'list', '-b', self.bus)
        copy = '\n'.join(json.dumps(e['event']) for e in listed)
        self.ok('publish', '-', '-b', other, stdin=copy)
        self.assertEqual(self.lines('event', 'list', '-b', other)[0]['event']['data'], {'a': 1})

    def test_unwritable_output_is_a_failure(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = subprocess.run([PAVANE, 'bus', 'list'], stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=60, env=environment(), check=False)
        self.assertEqual(done.returncode, FAILURE, done.stderr)


class Subscribing(CliTest):
    def setUp(self):
        super().setUp()
        self.make_bus()

    def start(self, *arguments):
        process = subprocess.Popen([PAVANE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env=environment())
        self.addCleanup(end, process)
        return process

    def wait_for_rule(self):
        """Until the session's own rule matches."""
        await_true(lambda: any(r['ephemeral'] for r in self.lines('rule', 'list', '-b', self.bus)), LIMIT,
                   "the session's rule")

    def queued(self, service):
        for found in self.lines('service', 'list', '--prefix', service):
            if found['name'] == service:
                return int(found['queued']) + int(found['inFlight'])
        return 0

    def wait_for_instance(self, service):
        await_true(lambda: any(s['name'] == service and s.get('instances') for s in self.lines('service', 'list')),
                   LIMIT, 'an instance')

    def test_prints_what_matches_and_ends_by_count(self):
        subscriber = self.start('subscribe', '{"detail":{"n":[{"numeric":[">",1]}]}}', '-b', self.bus,
                                '-n', '2', '-o', 'json')
        self.wait_for_rule()
        for n in range(5):
            self.publish('T', json.dumps({'n': n}))
        out, err = subscriber.communicate(timeout=LIMIT)
        self.assertEqual(subscriber.returncode, OK, err)
        deliveries = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([d['event']['data']['n'] for d in deliveries], [2, 3])
        self.assertEqual(deliveries[0]['bus'], self.bus)

    def test_by_type_for_people_with_harmful_data(self):
        subscriber = self.start('subscribe', '--type', 'Wanted', '-b', self.bus, '-n', '1')
        self.wait_for_rule()
        self.publish('Other')
        self.publish('Wanted', json.dumps({'x': '\x1b[2J\u202e'}), '-s', 'evil\x1b]0;title\x07')
        out, err = subscriber.communicate(timeout=LIMIT)
        self.assertEqual(subscriber.returncode, OK, err)
        self.assertEqual(len(out.splitlines()), 1)
        self.assertIn(' Wanted ', out)
        self.assertNotIn('\x1b', out)
        self.assertNotIn('\u202e', out)

    def test_interrupt_ends_cleanly_and_the_rule_goes_with_the_session(self):
        subscriber = self.start('subscribe', '-b', self.bus)
        self.wait_for_rule()
        self.publish('T', '{"k":"v"}')
        self.assertIn('{"k":"v"}', subscriber.stdout.readline())
        subscriber.send_signal(signal.SIGINT)
        _, err = subscriber.communicate(timeout=LIMIT)
        self.assertEqual(subscriber.returncode, OK, err)
        self.assertEqual(err, '')

    def test_ending_before_the_count_is_a_failure(self):
        self.fails(FAILURE, 'subscribe', '-b', self.bus, '-n', '3', '--for', '300ms',
                   saying='stopped after 0 of 3')
        self.ok('subscribe', '-b', self.bus, '--for', '300ms')

    def test_joins_a_service_and_acknowledges(self):
        self.make_rule()
        for n in range(3):
            self.publish('T', json.dumps({'n': n}))
        got = self.lines('subscribe', '--service', self.service, '-n', '3', '--for', '20s')
        self.assertEqual(sorted(d['event']['data']['n'] for d in got), [0, 1, 2])
        self.assertEqual(self.queued(self.service), 0)

    def test_no_ack_gives_back(self):
        self.make_rule()
        for n in range(3):
            self.publish('T', json.dumps({'n': n}))
        got = self.lines('subscribe', '--service', self.service, '-n', '3', '--for', '20s', '--no-ack')
        self.assertEqual(sorted(d['event']['data']['n'] for d in got), [0, 1, 2])
        self.assertEqual(self.queued(self.service), 3)
        got = self.lines('subscribe', '--service', self.service, '-n', '3', '--for', '20s')
        self.assertEqual([d['attempt'] for d in got], [1, 1, 1], 'a release is no attempt')

    def test_bad_patterns_and_names(self):
        self.fails(FAILURE, 'subscribe', '{"a":1}', '-b', self.bus)
        self.fails(FAILURE, 'subscribe', 'not json', '-b', self.bus)
        self.fails(FAILURE, 'subscribe', '--service', 'no spaces', '-n', '1', '--for', '5s')
        self.fails(USAGE, 'subscribe', '{}', '--type', 'T')

    def test_service_list_shows_the_instance(self):
        subscriber = self.start('subscribe', '--service', self.service)
        self.wait_for_instance(self.service)
        table = self.ok('service', 'list', '--prefix', self.service)
        self.assertRegex(table, rf'{self.service}\s+1\s')
        self.assertIn(f'pavane-cli-{subscriber.pid}', self.ok('service', 'list', '--instances'))
        subscriber.send_signal(signal.SIGTERM)
        _, err = subscriber.communicate(timeout=LIMIT)
        self.assertEqual(subscriber.returncode, OK, err)


class Events(CliTest):
    def setUp(self):
        super().setUp()
        self.make_bus()
        for n in range(5):
            self.publish('Odd' if n % 2 else 'Even', json.dumps({'n': n}), '--id', f'{self.bus}-{n}')

    def sequences(self, *arguments):
        return [int(e['sequence']) for e in self.lines('event', 'list', '-b', self.bus, *arguments)]

    def test_get_by_sequence_and_id(self):
        event = self.lines('event', 'get', '2', '-b', self.bus)[0]
        self.assertEqual(event['event']['id'], f'{self.bus}-1')
        event = self.lines('event', 'get', f'{self.bus}-4')[0]
        self.assertEqual(event['sequence'], '5')
        shown = self.ok('event', 'get', '1', '-b', self.bus)
        self.assertRegex(shown, r'(?m)^type: +Even$')
        self.assertRegex(shown, r'(?m)^data: +\{"n":0\}$')
        self.fails(NOT_FOUND, 'event', 'get', '99', '-b', self.bus, saying='--id')
        self.fails(NOT_FOUND, 'event', 'get', 'nobody')
        self.fails(NOT_FOUND, 'event', 'get', '1', '-b', 'nobody')

    def test_list_filters_and_pages(self):
        self.assertEqual(self.sequences(), [1, 2, 3, 4, 5])
        self.assertEqual(self.sequences('--type', 'Odd'), [2, 4])
        self.assertEqual(self.sequences('--from', '4'), [4, 5])
        self.assertEqual(self.sequences('--newest-first', '--limit', '2'), [5, 4])
        self.assertEqual(self.sequences('--pattern', '{"detail":{"n":[{"numeric":[">=",3]}]}}'), [4, 5])
        self.assertEqual(self.sequences('--since', '1h'), [1, 2, 3, 4, 5])
        self.assertEqual(self.sequences('--until', '1h'), [])
        done = run('event', 'list', '-b', self.bus, '--limit', '2', '-o', 'json')
        self.assertIn('--page-token', done.stderr)
        token = done.stderr.split('--page-token ')[1].split()[0]
        self.assertEqual(self.sequences('--limit', '2', '--page-token', token), [3, 4])
        self.assertEqual(self.sequences('--all'), [1, 2, 3, 4, 5])
        table = self.ok('event', 'list', '-b', self.bus).splitlines()
        self.assertEqual(len(table), 6)
        self.assertRegex(table[1], r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z')
        local = self.ok('event', 'list', '-b', self.bus, '--local', env=environment(TZ='Asia/Tokyo'))
        self.assertIn('+09:00', local)
        self.fails(NOT_FOUND, 'event', 'list', '-b', 'nobody')
        self.fails(FAILURE, 'event', 'list', '-b', self.bus, '--pattern', '{oops')

    def test_tail(self):
        self.assertEqual(len(self.lines('event', 'tail', '-b', self.bus, '--last', '3', '-n', '3', '--for', '20s')), 3)
        tail = subprocess.Popen([PAVANE, 'event', 'tail', '-b', self.bus, '--last', '1'], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=environment())
        try:
            self.assertIn(f'{self.bus}/5 ', tail.stdout.readline())
            self.publish('New', '{"new":1}')
            self.assertIn('{"new":1}', tail.stdout.readline())
            tail.send_signal(signal.SIGINT)
            _, err = tail.communicate(timeout=LIMIT)
            self.assertEqual(tail.returncode, OK, err)
        finally:
            if tail.poll() is None:
                tail.kill()
                tail.communicate()
        self.fails(FAILURE, 'event', 'tail', '-b', self.bus, '-n', '1', '--for', '200ms', saying='0 of 1')
        self.fails(NOT_FOUND, 'event', 'tail', '-b', 'nobody')


class DeadLetters(CliTest):
    def setUp(self):
        super().setUp()
        self.make_bus()
        self.make_rule()
        self.filter = ('--bus', self.bus)

    def list(self, *arguments):
        return self.lines('dead-letter', 'list', *self.filter, *arguments)

    def test_list_and_show(self):
        self.make_dead_letters(3)
        letters = self.list()
        self.assertEqual(len(letters), 3)
        letter = letters[0]
        self.assertEqual((letter['rule'], letter['target'], letter['reason'], letter['errorCode'],
                          letter['errorMessage'], letter['attempts']),
                         ('r', self.service, 'REJECTED', 'E_TEST', 'no good', 1))
        table = self.ok('dead-letter', 'list', *self.filter)
        self.assertIn(f'{self.bus}/r/{self.service}', table)
        shown = self.ok('dead-letter', 'show', letter['id'])
        self.assertIn('E_TEST', shown)
        self.assertIn('"data":{"i":', shown)
        self.assertEqual(self.lines('dead-letter', 'show', letter['id'])[0]['event']['type'], 'T')
        self.assertIn('event', self.list('--with-events')[0])
        self.fails(NOT_FOUND, 'dead-letter', 'show', 'nobody')

    def test_filters_and_pages(self):
        self.make_dead_letters(2, 'E_ONE')
        self.make_dead_letters(3, 'E_TWO')
        self.assertEqual(len(self.list('--code', 'E_TWO')), 3)
        self.assertEqual(len(self.list('--reason', 'rejected')), 5)
        self.assertEqual(len(self.list('--reason', 'age-exceeded')), 0)
        self.assertEqual(len(self.list('--rule', 'r', '--target', self.service, '--type', 'T')), 5)
        self.assertEqual(len(self.list('--address-of-target', f'service:{self.service}')), 5)
        self.assertEqual(len(self.list('--since', '1h')), 5)
        self.assertEqual(len(self.list('--until', '1h')), 0)
        correlation = self.list('--limit', '1')[0]['correlationId']
        self.assertEqual(len(self.list('--correlation', correlation)), 1)
        done = run('dead-letter', 'list', *self.filter, '--limit', '2', '-o', 'json')
        token = done.stderr.split('--page-token ')[1].split()[0]
        rest = self.list('--page-token', token)
        self.assertEqual(len(rest), 3)
        self.assertEqual(len(self.list('--all')), 5)

    def test_redrive(self):
        self.make_dead_letters(4)
        ids = [letter['id'] for letter in self.list()]
        self.assertEqual(self.lines('dead-letter', 'redrive', ids[0])[0]['redriven'], 1)
        self.assertEqual(self.ok('dead-letter', 'redrive', *self.filter), 'redriven 3\n')
        self.assertEqual(self.list(), [])
        got = self.lines('subscribe', '--service', self.service, '-n', '4', '--for', '20s')
        self.assertEqual({d['kind'] for d in got}, {'REDRIVE'})
        self.fails(NOT_FOUND, 'dead-letter', 'redrive', 'nobody')

    def test_redrive_to_a_vanished_target(self):
        self.make_dead_letters(2)
        self.ok('rule', 'delete', 'r', '-b', self.bus)
        self.fails(FAILURE, 'dead-letter', 'redrive', *self.filter, saying='--to-target')
        other = self.service + '-other'
        self.ok('rule', 'put', 'new', '-b', self.bus, '-p', '{"source":["nothing"]}', '-t', f'service:{other}')
        self.ok('dead-letter', 'redrive', *self.filter, '--to-target', f'{self.bus}/new/{other}')
        self.assertEqual(len(self.lines('subscribe', '--service', other, '-n', '2', '--for', '20s')), 2)

    def test_purge_asks_first(self):
        self.make_dead_letters(3)
        self.fails(USAGE, 'dead-letter', 'purge', *self.filter, saying='--yes')
        self.assertEqual(len(self.list()), 3)
        self.assertEqual(self.answer('n'), FAILURE)
        self.assertEqual(len(self.list()), 3)
        self.assertEqual(self.answer('y'), OK)
        self.assertEqual(self.list(), [])
        self.make_dead_letters(2)
        first = self.list()[0]['id']
        self.assertEqual(self.ok('dead-letter', 'purge', first, '--yes'), 'purged 1\n')
        self.assertEqual(self.lines('dead-letter', 'purge', *self.filter, '--yes')[0], {'purged': 1})

    def answer(self, text):
        """Purges as a person at a terminal who answers the question."""
        master, slave = pty.openpty()
        try:
            process = subprocess.Popen([PAVANE, 'dead-letter', 'purge', *self.filter], stdin=slave,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
            os.write(master, text.encode() + b'\n')
            process.communicate(timeout=LIMIT)
            return process.returncode
        finally:
            os.close(slave)
            os.close(master)


class System(CliTest):
    def test_health(self):
        self.assertIn('SERVING', self.ok('health'))
        self.assertEqual(self.lines('health')[0]['status'], 'SERVING')
        self.fails(NOT_FOUND, 'health', 'pavane.v1.NobodyService')

    def test_stats(self):
        stats = self.lines('stats')[0]
        self.assertTrue(stats['ready'])
        self.assertIn('Durability:', self.ok('stats'))
        self.make_bus()
        self.make_rule()
        self.publish()
        reject(self.service, 1)
        name = f'{self.bus}/r/{self.service}'
        target = self.lines('stats', '--target', name)[0]
        self.assertEqual((target['attempts'], target['failedInvocations'], target['deadLetters']), ('1', '1', '1'))
        self.assertRegex(self.ok('stats', '--target', name), r'(?m)^  REJECTED: +1$')
        self.assertIn(self.service, self.ok('stats', '--targets'))
        self.assertEqual(len(self.lines('stats', '--targets', '--bus', self.bus)), 1)
        self.fails(NOT_FOUND, 'stats', '--target', 'a/b/c')
        self.fails(USAGE, 'stats', '--target', 'a')

    def test_address_comes_from_flag_and_environment(self):
        grpc_only = environment(PAVANE_GRPC_ADDRESS=BROKER.grpc)
        del grpc_only['PAVANE_ADDRESS']
        self.ok('health', env=grpc_only)
        self.fails(UNAVAILABLE, 'health', '--address', '127.0.0.1:1',
                   saying='no broker answers at 127.0.0.1:1; start one with `pavaned` or give --address')
        self.ok('health', '--address', BROKER.grpc, env=environment(PAVANE_ADDRESS='127.0.0.1:1'))
        self.ok('health', env=environment(http_proxy='http://127.0.0.1:1', https_proxy='http://127.0.0.1:1'))

    def test_unix_socket(self):
        self.assertIn('SERVING', self.ok('health', '--address', f'unix:{FOLDER.name}/broker.sock'))
        path = self.file('events.jsonl', '{"type":"T"}')
        self.ok('publish', path, env=environment(PAVANE_ADDRESS=f'unix:{FOLDER.name}/broker.sock'))

    def test_timeout(self):
        # 192.0.2.0/24 is for documentation: nobody is there, and nothing says so.
        began = time.monotonic()
        done = run('health', '--address', '192.0.2.1:7440', '--timeout', '300ms')
        self.assertEqual(done.returncode, UNAVAILABLE, done.stderr)
        self.assertLess(time.monotonic() - began, 10)

    def test_completion_scripts(self):
        for shell in ('bash', 'zsh', 'fish'):
            self.assertIn('dead-letter', self.ok('completion', shell))
        offered = subprocess.run(
            ['bash', '--norc', '-c', f'source <("{PAVANE}" completion bash); COMP_WORDS=(pavane dead-letter re); '
             'COMP_CWORD=2; _pavane; echo "${COMPREPLY[*]}"'], capture_output=True, text=True, check=True)
        self.assertEqual(offered.stdout, 'redrive\n')


class Restart(unittest.TestCase):
    """Publishing a file goes on over the death of the broker."""

    def test_publish_survives_a_restart(self):
        folder = tempfile.TemporaryDirectory(prefix='pavane-cli-restart-')
        self.addCleanup(folder.cleanup)
        broker = Broker(folder.name)
        self.addCleanup(broker.stop)
        address = ['--address', broker.grpc]
        count = 400
        lines = ''.join(json.dumps({'id': str(i), 'source': '/s', 'type': 'T'}) + '\n' for i in range(count))
        publish = subprocess.Popen([PAVANE, 'publish', '-', '--rate', '200', *address], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(end, publish)
        publish.stdin.write(lines)
        publish.stdin.close()
        publish.stdin = None
        await_true(lambda: len(self.ids(address)) > 50, LIMIT, 'the first events')
        broker.kill()
        # A second address to listen on: the old one.
        broker.flags = (f'--grpc-listen={broker.grpc}',)
        broker.start()
        out, err = publish.communicate(timeout=60)
        self.assertEqual(publish.returncode, OK, out + err)
        self.assertEqual(sorted(self.ids(address), key=int), [str(i) for i in range(count)])

    def ids(self, address):
        listed = subprocess.run([PAVANE, 'event', 'list', '--all', '-o', 'json', *address],
                                capture_output=True, text=True, timeout=60, check=True).stdout
        return [json.loads(line)['event']['id'] for line in listed.splitlines()]


if __name__ == '__main__':
    unittest.main()
