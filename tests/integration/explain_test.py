"""Rules explain themselves and drafts are tried out: through the daemon, by the command line and by the protocol alone."""

import json
import os
import subprocess
import tempfile
import threading
import unittest

import grpc

from running_broker import ROOT, Broker, Protocol

PAVANE = os.environ.get('PAVANE', str(ROOT / 'build/bin/pavane'))
RULES = 'pavane.admin.v1.RuleAdmin'
OK, FAILURE, USAGE, NOT_FOUND, UNAVAILABLE = range(5)

BIG = '{"source":["shop"],"detail":{"total":[{"numeric":[">",100]}]}}'


class ExplainTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='pavane-explain-test-')
        cls.broker = Broker(cls.folder.name)
        cls.protocol = Protocol()
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        code = cls.broker.stop()
        log = cls.broker.log()
        cls.folder.cleanup()
        assert code == 0, f'pavaned ended with {code}:\n{log}'

    def setUp(self):
        ExplainTest.number += 1
        self.bus = f'bus{ExplainTest.number}'
        self.ok('bus', 'put', self.bus)

    def run_cli(self, *arguments, stdin=''):
        env = {k: v for k, v in os.environ.items() if not k.startswith('PAVANE_')}
        env['PAVANE_ADDRESS'] = self.broker.grpc
        return subprocess.run([PAVANE, *arguments], input=stdin, capture_output=True, text=True,
                              timeout=120, env=env, check=False)

    def ok(self, *arguments, **options):
        done = self.run_cli(*arguments, **options)
        self.assertEqual(done.returncode, OK, f'{arguments}: {done.stdout}{done.stderr}')
        return done.stdout

    def lines(self, *arguments, **options):
        return [json.loads(line) for line in self.ok(*arguments, '-o', 'json', **options).splitlines()]

    def fails(self, code, *arguments, saying, **options):
        done = self.run_cli(*arguments, **options)
        self.assertEqual(done.returncode, code, f'{arguments}: {done.stdout}{done.stderr}')
        self.assertIn(saying, done.stderr)
        return done

    def put(self, pattern, name='r', *more):
        self.ok('rule', 'put', name, '-b', self.bus, '-p', pattern, '-t', 'service:x', *more)

    def publish(self, data, event_id=None, source='shop'):
        more = ['--id', event_id] if event_id else []
        return self.lines('publish', '-b', self.bus, '-t', 'T', '-s', source, '-d', json.dumps(data), *more)[0]

    def explain(self, *arguments):
        return self.lines('rule', 'explain', *arguments, '-b', self.bus)[0]

    # ---- explain

    def test_a_stored_event_is_explained_by_the_rule_that_judged_it_also_after_a_restart(self):
        before = self.publish({'total': 99})['sequence']
        self.put(BIG)
        first = self.publish({'total': 99}, 'e-1')
        self.assertEqual(first['matchedRules'], 0)
        self.put(BIG.replace('100', '50'))
        second = self.publish({'total': 99})
        self.assertEqual(second['matchedRules'], 1)
        for _ in ('live', 'after a restart'):
            shown = self.ok('rule', 'explain', 'r', str(first['sequence']), '-b', self.bus)
            self.assertIn('version 1, in force since', shown)
            self.assertIn('did not match  (explained below)', shown)
            self.assertIn('version 2, in force since', shown)
            self.assertIn('The rule of today would answer otherwise.', shown)
            self.assertIn('ok   source "shop"  saw "shop"', shown)
            self.assertIn('FAIL detail.total {"numeric":[">",100]}  saw 99  <- 99 is less than 100, by 1', shown)
            self.assertEqual(self.ok('rule', 'explain', 'r', 'e-1', '-b', self.bus), shown)
            self.assertTrue(self.explain('r', 'e-1', '--now')['matched'])
            self.assertEqual(self.explain('r', str(before))['then']['state'], 'ABSENT')
            self.assertTrue(self.explain('r', str(second['sequence']))['then']['matched'])
            self.broker.kill()
            self.broker.start()
        self.ok('rule', 'delete', 'r', '-b', self.bus, '--discard')
        gone = self.explain('r', 'e-1')
        self.assertEqual((gone['then']['version'], gone['now']['state']), ('1', 'ABSENT'))

    def test_an_event_in_hand_and_a_draft(self):
        self.put(BIG)
        event = '{"source":"Shop","detail":{"total":"500"}}'
        shown = self.ok('rule', 'explain', 'r', event, '-b', self.bus)
        self.assertIn('"Shop" differs in case', shown)
        self.assertIn('"500" is a string, not a number', shown)
        cloud = {'specversion': '1.0', 'id': '1', 'source': 'shop', 'type': 'T', 'data': {'total': 500}}
        self.assertIn('the pattern matches', self.ok('rule', 'explain', 'r', '-', '-b', self.bus, stdin=json.dumps(cloud)))
        self.assertIn('FAIL the same element of detail.l  <- array elements differ: element 1 passes detail.l.a but not '
                      'detail.l.b, and no element passes all',
                      self.ok('rule', 'explain', '-p', '{"detail":{"l":{"a":[1],"b":[2]}}}',
                              '{"detail":{"l":[{"a":1},{"b":2}]}}'))
        self.assertIn('the field is absent', self.ok('rule', 'explain', '-p', '{"a":[{"exists":true}]}', '{}'))

    def test_what_cannot_be_explained(self):
        self.put(BIG)
        self.publish({}, 'twice', 'a')
        self.publish({}, 'twice', 'b')
        self.fails(FAILURE, 'rule', 'explain', 'r', 'twice', '-b', self.bus, saying='2 from b')
        self.ok('rule', 'explain', 'r', 'twice', '-b', self.bus, '--source', 'b')
        self.fails(NOT_FOUND, 'rule', 'explain', 'r', '999', '-b', self.bus, saying='not kept')
        self.fails(NOT_FOUND, 'rule', 'explain', 'r', 'nobody', '-b', self.bus, saying='no stored event')
        self.fails(NOT_FOUND, 'rule', 'explain', 'nobody', '1', '-b', self.bus, saying='neither now nor')
        self.fails(NOT_FOUND, 'rule', 'explain', 'r', '1', '-b', 'nowhere', saying='UNKNOWN_BUS')
        self.fails(FAILURE, 'rule', 'explain', 'r', '{oops', '-b', self.bus, saying='the event')
        self.fails(FAILURE, 'rule', 'explain', '-p', '{"a":5}', '{}', saying='INVALID_PATTERN')
        self.fails(USAGE, 'rule', 'explain', saying='--pattern')
        self.fails(USAGE, 'rule', 'explain', 'r', saying='one event')
        self.fails(USAGE, 'rule', 'explain', 'r', '0', saying='begin at 1')
        self.fails(USAGE, 'rule', 'explain', 'r', '1', '--id', 'x', saying='one event')

    # ---- rule test and pattern errors

    def test_a_file_of_events_of_all_kinds(self):
        envelope = '{"source":"shop","detail-type":"T","id":"2","detail":{"total":%d}}'
        cloud = json.dumps({'specversion': '1.0', 'id': 'c', 'source': 'shop', 'type': 'T', 'data': {'total': 300}})
        path = os.path.join(self.folder.name, 'events.jsonl')
        for content in (f'{cloud}\n{envelope % 7}\n\n{envelope % 101}\n', f'[{cloud},{envelope % 7},{envelope % 101}]'):
            with open(path, 'w', encoding='utf-8') as file:
                file.write(content)
            self.assertEqual([line['matched'] for line in self.lines('rule', 'test', '-p', BIG, '-f', path)],
                             [True, False, True])
        shown = self.ok('rule', 'test', '-p', BIG, '-f', path, '--explain', '--expect', 'any')
        self.assertIn('7 is less than 100, by 93', shown)
        self.assertEqual(shown.count('FAIL'), 1)
        explained = self.lines('rule', 'test', '-p', BIG, '-f', path, '--explain')
        self.assertEqual(['explanation' in line for line in explained], [False, True, False])
        self.fails(FAILURE, 'rule', 'test', '-p', BIG, '-f', path, '--expect', 'all', saying='1 of 3 events do not match')
        self.fails(FAILURE, 'rule', 'test', '-p', BIG, '-f', path, '--expect', 'none', saying='2 of 3 events match')
        self.fails(FAILURE, 'rule', 'test', '-p', '{"a":[1]}', '-f', path, '--expect', 'any', saying='none of 3')
        self.fails(USAGE, 'rule', 'test', '-p', BIG, '-f', path, '--expect', 'some', saying='--expect')

    def test_an_event_that_publish_takes_is_tested_as_it_would_be_published(self):
        path = os.path.join(self.folder.name, 'published.jsonl')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('{"type":"T","data":{"total":300}}\n{"type":"T","data":{"total":3}}\n')
        self.assertEqual([line['matched'] for line in self.lines('rule', 'test', '-p', BIG.replace('shop', 'pavane-cli'), '-f', path)],
                         [True, False])
        self.fails(FAILURE, 'rule', 'test', '-p', '{"id":["x"]}', '-e', '{"type":"T","data":{}}', '--check',
                   saying='1 of 1 event does not match')
        self.assertIn('the pattern matches', self.ok('rule', 'explain', '-p', '{"detail":{"a":[1]}}', '{"type":"T","data":{"a":1}}'))

    def test_a_pattern_that_is_no_utf_8(self):
        done = subprocess.run([PAVANE, 'rule', 'test', '-e', '{}', '-p', b'{"a":["\xff"]}', '--address', self.broker.grpc],
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, FAILURE)
        self.assertIn('the pattern is not UTF-8 (line 1, column 8)', done.stderr)
        self.assertNotIn('libprotobuf', done.stderr)

    def test_a_pattern_error_shows_the_line_with_a_caret(self):
        pattern = '{\n  "é": [{"anythng-but": 5}]\n}'
        where = '\n    "é": [{"anythng-but": 5}]\n           ^\n'
        for command in (('rule', 'put', 'bad', '-b', self.bus, '-t', 'service:x'), ('rule', 'test', '-e', '{}'),
                        ('rule', 'explain', '{}'), ('rule', 'preview', '-b', self.bus), ('event', 'list', '-b', self.bus)):
            done = self.fails(FAILURE, *command, '--pattern', pattern, saying='did you mean anything-but?')
            self.assertIn('at line 2 column 10', done.stderr)
            self.assertIn('allowed here: exactly, prefix', done.stderr)
            self.assertTrue(done.stderr.endswith(where), done.stderr)

    def test_the_protocol_tells_the_place(self):
        with self.assertRaises(grpc.RpcError) as refused:
            self.protocol.call(self.broker.channel, RULES, 'PutRule',
                               rule={'name': 'bad', 'bus': self.bus, 'pattern': '{"a":\n[{"prefx":1}]}'})
        trailing = dict(refused.exception.trailing_metadata())
        error = self.protocol.message('pavane.v1.Error').FromString(trailing['pavane-error-bin'])
        self.assertEqual((error.place.line, error.place.column, error.place.suggestion), (2, 3, 'prefix'))
        self.assertEqual((error.place.excerpt, error.place.excerpt_column), ('[{"prefx":1}]}', 3))

    # ---- preview

    def publish_many(self, count):
        lines = ''.join(json.dumps({'id': str(i), 'source': 'shop', 'type': 'T', 'data': {'total': i}}) + '\n'
                        for i in range(1, count + 1))
        self.ok('publish', '-', '-b', self.bus, '-o', 'json', stdin=lines)

    def test_a_draft_over_the_history_of_a_bus(self):
        self.publish_many(150)
        self.put(BIG)
        draft = BIG.replace('100', '140')
        shown = self.ok('rule', 'preview', '-b', self.bus, '-p', draft)
        self.assertIn('10 of 150 events would have matched', shown)
        self.assertIn('{"total":141}', shown)
        shown = self.ok('rule', 'preview', '-b', self.bus, '-p', draft, '--replaces', 'r', '--sample', '1')
        self.assertIn('0 newly matched, 40 no longer matched, against rule r', shown)
        self.assertIn('gone', shown)
        self.assertEqual(self.ok('rule', 'preview', '-b', self.bus, '-p', draft, '--list', '--limit', '142').splitlines(),
                         ['matches 141', 'matches 142', '2 of 142 events would have matched'])
        last = self.lines('rule', 'preview', '-b', self.bus, '-p', draft, '--from', '149')[-1]
        self.assertEqual((last['events'], last['matched'], last['done']), ('2', '2', True))
        self.assertEqual([s['event']['event']['data'] for s in last['samples']], [{'total': 149}, {'total': 150}])
        self.fails(NOT_FOUND, 'rule', 'preview', '-b', self.bus, '-p', draft, '--replaces', 'nobody', saying="no rule 'nobody'")
        self.fails(NOT_FOUND, 'rule', 'preview', '-b', 'nowhere', '-p', draft, saying='UNKNOWN_BUS')
        self.fails(USAGE, 'rule', 'preview', '-b', self.bus, saying='--pattern')

    def test_a_preview_says_what_it_compares_with_and_ends_when_it_was_told_to(self):
        self.publish_many(20)
        self.put(BIG)
        self.assertIn('against rule r as it is now', self.ok('rule', 'preview', '-b', self.bus, '-p', BIG, '--replaces', 'r'))
        self.ok('rule', 'disable', 'r', '-b', self.bus)
        shown = self.ok('rule', 'preview', '-b', self.bus, '-p', BIG.replace('100', '10'), '--replaces', 'r', '--sample', '0')
        self.assertIn('against rule r, which is disabled and matches nothing', shown)
        self.assertNotIn('SEQUENCE', shown)
        self.ok('rule', 'preview', '-b', self.bus, '-p', BIG, '--for', '1ms')

    def test_a_preview_can_be_cancelled(self):
        self.publish_many(9_000)
        request = self.protocol.message('pavane.admin.v1.PreviewRuleRequest')(bus=self.bus, pattern=BIG)
        answer = self.protocol.message('pavane.admin.v1.PreviewRuleResponse')
        stream = self.broker.channel.unary_stream(
            f'/{RULES}/PreviewRule', request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=answer.FromString)(request, timeout=60)
        first = next(stream)
        self.assertFalse(first.done)
        self.assertLess(first.events, 9_000)
        self.assertEqual(first.last_sequence, 9_000)
        ended = threading.Event()
        stream.add_callback(ended.set)
        stream.cancel()
        self.assertTrue(ended.wait(30))
        # The broker goes on.
        last = self.lines('rule', 'preview', '-b', self.bus, '-p', BIG)[-1]
        self.assertEqual((last['events'], last['matched']), ('9000', '8900'))


if __name__ == '__main__':
    unittest.main()
