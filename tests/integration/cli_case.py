"""What the tests of the command line share: one broker for each file of tests, and ways to run `pavane`.

A file of tests imports setUpModule and tearDownModule from here, and gets its broker as `self.broker`.
"""

import json
import os
import pty
import select
import signal
import subprocess
import tempfile
import unittest

from running_broker import ROOT, Broker, Protocol, await_true

PAVANE = os.environ.get('PAVANE', str(ROOT / 'build/bin/pavane'))
SUBSCRIBER = 'pavane.v1.SubscriberService'

# The exit codes.
OK, FAILURE, USAGE, NOT_FOUND, UNAVAILABLE = range(5)
LIMIT = 30.0


class Shared:
    """What all tests of a file use; made once."""
    folder = None
    broker = None
    protocol = None


def setUpModule():
    Shared.folder = tempfile.TemporaryDirectory(prefix='pavane-cli-test-')
    Shared.broker = Broker(Shared.folder.name, f'--grpc-listen=unix:{Shared.folder.name}/broker.sock')
    Shared.protocol = Protocol()


def tearDownModule():
    code = Shared.broker.stop()
    log = Shared.broker.log()
    Shared.folder.cleanup()
    assert code == 0, f'pavaned ended with {code}:\n{log}'


def reject(service, count, code='E_TEST'):
    """Plays a service that rejects `count` deliveries."""
    left = count

    def some():
        nonlocal left
        deliveries = Shared.protocol.call(Shared.broker.channel, SUBSCRIBER, 'Pull', service=service, deliveries_max=left,
                                   wait={'seconds': 5}).deliveries
        settlements = [{'delivery_id': d.delivery_id, 'reject': {'code': code, 'message': 'no good'}}
                       for d in deliveries]
        if settlements:
            results = Shared.protocol.call(Shared.broker.channel, SUBSCRIBER, 'Settle', service=service,
                                    settlements=settlements).results
            assert not any(r.HasField('error') for r in results), results
        left -= len(settlements)
        return left == 0

    await_true(some, LIMIT, f'{count} deliveries for {service}')


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith('PAVANE_')}
    env['PAVANE_ADDRESS'] = Shared.broker.grpc
    env.update(more)
    return env


def run(*arguments, stdin='', env=None):
    return subprocess.run([PAVANE, *arguments], input=stdin, capture_output=True, text=True,
                          timeout=120, env=env or environment(), check=False)


class Terminal:
    """A program at a terminal of its own, as a person has it."""

    def __init__(self, command, env):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env,
                                        start_new_session=True)
        os.close(slave)

    def write(self, text):
        os.write(self.master, text.encode())

    def read_until(self, text):
        """What comes until `text` was read."""
        seen = ''
        while text not in seen:
            if not select.select([self.master], [], [], LIMIT)[0]:
                raise AssertionError(f'waited for {text!r}, saw {seen!r}')
            seen += os.read(self.master, 65536).decode()
        return seen

    def close(self):
        end(self.process)
        os.close(self.master)


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
        self.broker = Shared.broker
        self.folder = tempfile.mkdtemp(dir=Shared.folder.name)

    def ok(self, *arguments, **options):
        """Runs a command that must succeed; its standard output."""
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, OK, f'{arguments}: {done.stdout}{done.stderr}')
        return done.stdout

    def lines(self, *arguments, **options):
        """Runs a command with -o json; one object per line."""
        return [json.loads(line) for line in self.ok(*arguments, '-o', 'json', **options).splitlines()]

    def fails(self, code, *arguments, saying=None, silent=False, **options):
        """Runs a command that must fail with `code`, `silent`: without output; its standard error."""
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, code, f'{arguments}: {done.stdout}{done.stderr}')
        self.assertNotEqual(done.stderr, '')
        if saying:
            self.assertIn(saying, done.stderr)
        if silent:
            self.assertEqual(done.stdout, '')
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
