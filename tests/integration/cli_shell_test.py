"""The command line as a program among others: addresses, limits, completion in a real shell, closed pipes."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import unittest

from cli_case import (
    CliTest, end, environment, FAILURE, LIMIT, PAVANE, setUpModule, Shared, tearDownModule, Terminal,
    UNAVAILABLE)


class Shell(CliTest):
    def test_address_comes_from_flag_and_environment(self):
        grpc_only = environment(PAVANE_GRPC_ADDRESS=self.broker.grpc)
        del grpc_only['PAVANE_ADDRESS']
        self.ok('health', env=grpc_only)
        self.fails(UNAVAILABLE, 'health', '--address', '127.0.0.1:1',
                   saying='no broker answers at 127.0.0.1:1; start one with `pavaned` or give --address')
        self.ok('health', '--address', self.broker.grpc, env=environment(PAVANE_ADDRESS='127.0.0.1:1'))
        self.ok('health', env=environment(http_proxy='http://127.0.0.1:1', https_proxy='http://127.0.0.1:1'))

    def test_unix_socket(self):
        self.assertIn('SERVING', self.ok('health', '--address', f'unix:{Shared.folder.name}/broker.sock'))
        path = self.file('events.jsonl', '{"type":"T"}')
        self.ok('publish', path, env=environment(PAVANE_ADDRESS=f'unix:{Shared.folder.name}/broker.sock'))

    def test_timeout(self):
        # A listener that never answers: the connection is made by the kernel, nothing is said on it.
        with socket.socket() as silent:
            silent.bind(('127.0.0.1', 0))
            silent.listen()
            self.fails(UNAVAILABLE, 'health', '--address', f'127.0.0.1:{silent.getsockname()[1]}', '--timeout', '300ms',
                       saying='within 300ms; give a longer --timeout')

    def offered(self, *words, typed=None):
        """What bash offers after these words, as it splits them, to replace `typed`: the last one if not given."""
        quoted = ' '.join(shlex.quote(word) for word in (PAVANE, *words))
        typed = shlex.quote(words[-1] if typed is None else typed)
        script = (f'source <({shlex.quote(PAVANE)} completion bash); COMP_WORDS=({quoted}); '
                  f'COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _pavane pavane {typed}; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(['bash', '--norc', '-c', script], capture_output=True, text=True, check=True,
                              cwd=self.folder, env=environment())
        self.assertEqual(done.stderr, '')
        return done.stdout.split()

    def test_bash_asks_the_program_what_to_offer(self):
        self.file('events.jsonl', '')
        self.assertEqual(self.offered('dead-letter', 're'), ['redrive'])
        self.assertEqual(self.offered('-o', ''), ['table', 'json'])
        # bash splits at =, : and @ as well, and replaces what comes behind the first two.
        self.assertEqual(self.offered('--output', '=', 'j'), ['json'])
        self.assertEqual(self.offered('--address', 'unix', ':', '/tmp/x', 'hea'), ['health'])
        self.assertEqual(self.offered('publish', 'ev'), ['events.jsonl'])
        self.assertEqual(self.offered('publish', '-t', 'T', '-d', '@', 'ev', typed='@ev'), ['@events.jsonl'])
        self.assertEqual(self.offered('bus', 'get', 'ev'), [])

    def test_bash_offers_what_the_broker_has(self):
        self.make_bus()
        self.make_rule('seat-taken')
        self.publish()
        self.assertEqual(self.offered('bus', 'get', self.bus[:-1]).count(self.bus), 1)
        self.assertEqual(self.offered('rule', 'get', '-b', self.bus, 'seat'), ['seat-taken'])
        self.assertEqual(self.offered('rule', 'get', '--bus', '=', self.bus, 'seat'), ['seat-taken'])
        self.assertIn(self.bus, self.offered('rule', 'list', '--bus', '=', 'bus'))
        self.assertIn(f'{self.bus}/seat-taken/{self.service}',
                      self.offered('stats', '--target', f'{self.bus}/'))
        self.assertEqual(self.offered('--address', '127.0.0.1', ':', '1', 'bus', 'get', 'b'), [])

    def test_tab_completes_in_a_real_bash(self):
        self.make_bus()
        env = environment(PATH=f'{os.path.dirname(PAVANE)}:{os.environ["PATH"]}', PS1='', TERM='dumb')
        terminal = Terminal(['bash', '--norc', '--noprofile', '-i'], env)
        self.addCleanup(terminal.close)
        terminal.write('source <(pavane completion bash); echo re""ady\n')
        terminal.read_until('ready')
        # The tabs make it "pavane health --address ...": it can only answer if both were completed.
        terminal.write(f'pavane hea\t--addr\t{self.broker.grpc}\n')
        self.assertIn(f'{self.broker.grpc} SERVING', terminal.read_until('SERVING'))
        folder = shlex.quote(self.folder)
        self.file('data.json', '{"from":"a file"}')
        terminal.write(f'cd {folder}; echo the""re\n')
        terminal.read_until('there')
        terminal.write(f'pavane pub\t-b {self.bus} --typ\tT --outp\tj\t-d @da\t\n')
        terminal.read_until(f'"bus":"{self.bus}"')

    def test_other_shells_get_their_scripts(self):
        for shell in ('zsh', 'fish'):
            script = self.ok('completion', shell)
            self.assertIn(f'completion candidates {shell}', script)
            if shutil.which(shell):
                subprocess.run([shell, '-n'], input=script, text=True, check=True)

    def test_a_reader_that_has_enough_is_no_error(self):
        self.make_bus()
        for i in range(3):
            self.publish('T', json.dumps({'fill': 'x' * 100_000, 'i': i}))
        for command in (('event', 'list', '--all', '-o', 'json'), ('event', 'tail', '--last', '3', '-o', 'json')):
            reader = subprocess.Popen([PAVANE, *command, '-b', self.bus], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, env=environment())
            self.addCleanup(end, reader)
            reader.stdout.read(1)
            reader.stdout.close()
            if command[1] == 'tail':  # it notices when it next writes
                self.publish()
            self.assertEqual(reader.stderr.read(), '', command)
            reader.stderr.close()
            self.assertIn(reader.wait(timeout=LIMIT), (141, -signal.SIGPIPE), command)

    def test_unwritable_output_is_a_failure(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = subprocess.run([PAVANE, 'bus', 'list'], stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=60, env=environment(), check=False)
        self.assertEqual(done.returncode, FAILURE, done.stderr)


if __name__ == '__main__':
    unittest.main()
