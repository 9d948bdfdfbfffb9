"""What documents show is what is there: the README's commands run, examples are the files they name."""

import os
import re
import subprocess
import tempfile
import unittest

from running_broker import PAVANED, ROOT, Broker


def blocks(path, language):
    return re.findall(rf'```{language}\n(.*?)```', (ROOT / path).read_text(), re.DOTALL)


class DocumentsTest(unittest.TestCase):
    def test_the_commands_of_the_readme_do_what_they_say(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        broker = Broker(folder.name)
        self.addCleanup(broker.kill)
        commands = next(block for block in blocks('README.md', 'sh') if 'pavane publish' in block)
        # Only the places differ: this broker's doors, and where the programs of this build are.
        self.assertIn('http://127.0.0.1:7441/', commands)
        commands = commands.replace('http://127.0.0.1:7441', broker.http).replace('$PWD/build/bin', os.path.dirname(PAVANED))
        done = subprocess.run(['bash', '-e', '-o', 'pipefail', '-c', commands], text=True, capture_output=True, timeout=60,
                              env={**os.environ, 'PAVANE_ADDRESS': broker.grpc}, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn('made rule orders', done.stdout)
        self.assertIn('1 rule matched', done.stdout)
        self.assertRegex(done.stdout, r'(?m)^Queued: +1$')
        self.assertRegex(done.stdout, r'(?m)^\S+ default/1 OrderPlaced shop \S+ {"total":250}$')
        self.assertIn('FailedInvocations{bus="default",rule="orders",target="big"} 0', done.stdout)

    def test_the_example_of_the_library_is_the_file(self):
        example = (ROOT / 'clients/cpp/examples/hello_service.cc').read_text()
        self.assertEqual(example[example.index('#include'):], blocks('clients/cpp/README.md', 'cpp')[0])


if __name__ == '__main__':
    unittest.main()
