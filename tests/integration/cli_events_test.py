"""The command line against a real broker: publishing, subscribing and looking at events, with good and bad input."""

import base64
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

from cli_case import (
    CliTest, end, environment, FAILURE, LIMIT, NOT_FOUND, OK, PAVANE, run, setUpModule, Shared,
    tearDownModule, USAGE)
from running_broker import Broker, await_true


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
        self.fails(USAGE, 'publish', '-b', self.bus, '-s', 's', stdin='', saying='give --type for one event')
        err = self.fails(USAGE, 'publish', '-b', self.bus, '-t', 'T', '-s', b'\xff', saying='--source is not UTF-8')
        self.assertNotIn('libprotobuf', err)
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

    def test_an_interrupt_ends_a_file_in_good_order(self):
        path = self.file('events.jsonl', '{"type":"T"}\n' * 5000)
        # Unbuffered here, so that no line stays behind when communicate() reads on.
        process = subprocess.Popen([PAVANE, 'publish', path, '-b', self.bus, '--rate', '50', '-o', 'json'], bufsize=0,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        self.addCleanup(end, process)
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=LIMIT)
        err = err.decode()
        self.assertEqual(process.returncode, FAILURE, err)
        lines = [json.loads(line)['line'] for line in (first + rest).splitlines()]
        self.assertEqual(sorted(lines), list(range(1, len(lines) + 1)))
        self.assertIn(f'stopped after line {len(lines)}', err)
        self.assertEqual(len(self.lines('event', 'list', '-b', self.bus, '--all')), len(lines))

    def test_files_that_are_no_events(self):
        self.assertIn('published 0 events', self.ok('publish', '/dev/null', '-b', self.bus))
        self.fails(FAILURE, 'publish', self.folder, '-b', self.bus, saying='could not be read')
        self.fails(FAILURE, 'publish', os.path.join(self.folder, 'none'), '-b', self.bus, saying='No such file')
        self.fails(FAILURE, 'publish', '/dev/zero', '-b', self.bus, saying='line 1: the line is longer than 64.0 MiB')
        self.fails(FAILURE, 'publish', '-t', 'T', '-d', '@/dev/zero', '-b', self.bus, saying='longer than 64.0 MiB')
        with open(PAVANE, 'rb') as program:
            binary = os.path.join(self.folder, 'binary')
            with open(binary, 'wb') as file:
                file.write(program.read(100_000))
        err = self.fails(FAILURE, 'publish', binary, '-b', self.bus, saying='line 1: ')
        self.assertNotIn('\x00', err, 'nothing of it reaches a terminal raw')
        self.fails(USAGE, 'publish', '-t', 'T', '-d', '@' + binary, '-b', self.bus, saying='not JSON')
        self.ok('publish', '-t', 'T', '-d', '@' + binary, '-b', self.bus, '--content-type', 'application/octet-stream',
                '--id', 'binary')
        with open(binary, 'rb') as file:
            stored = self.lines('event', 'get', 'binary', '-b', self.bus)[0]['event']
            self.assertEqual(base64.b64decode(stored['data_base64']), file.read())


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
        self.publish('Wanted', json.dumps({'x': '\x1b[2J\u202e'}), '-s', 'evil\u202e')
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
        self.broker.await_instance(Shared.protocol, self.service)
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
