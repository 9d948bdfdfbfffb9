"""The command line against a real broker: buses, rules, dead letters, health and stats, with good and bad input."""

import json
import os
import pty
import subprocess
import unittest

from cli_case import (
    CliTest, environment, FAILURE, LIMIT, NOT_FOUND, OK, PAVANE, reject, run, setUpModule, tearDownModule,
    USAGE)


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
        self.fails(NOT_FOUND, 'bus', 'delete', 'nobody', saying='`pavane bus list`')
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
                   saying='1 of 1 event does not match')
        cloud = json.dumps({'specversion': '1.0', 'id': 'c', 'source': 's', 'type': 'T', 'data': {'amount': 300}})
        path = self.file('events.jsonl', '\n'.join([cloud, event % 1, cloud, event % 101]))
        self.assertEqual([line['matched'] for line in self.lines('rule', 'test', '-p', pattern, '-f', path)],
                         [True, False, True, True])
        self.make_rule('big', pattern)
        self.assertIn('3 of 4 match', self.ok('rule', 'test', '--rule', 'big', '-b', self.bus, '-f', path))
        self.fails(FAILURE, 'rule', 'test', '-p', '{"a":1}', '-f', path, saying='INVALID_PATTERN')
        self.fails(FAILURE, 'rule', 'test', '-p', pattern, '-e', '{oops', saying='--event')
        self.fails(NOT_FOUND, 'rule', 'test', '--rule', 'nobody', '-b', self.bus, '-f', path)


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
        self.assertEqual(len(self.list('--target-address', f'service:{self.service}')), 5)
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
        for change in ('redrive', 'skip'):
            self.fails(NOT_FOUND, 'dead-letter', change, 'nobody', silent=True)

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
        self.fails(NOT_FOUND, 'stats', '--rule', 'nowhere', saying='no target of a rule nowhere',
                   silent=True)
        self.fails(USAGE, 'stats', '--target', 'a')


if __name__ == '__main__':
    unittest.main()
