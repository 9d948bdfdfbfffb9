"""The broker's crash test can fail: each planted fault is noticed, and by the check that is for it.

PAVANE_BROKER_CRASH and PAVANE_PAVANED name the programs, compiled with fail points.
"""

import json
import os
import shutil
import subprocess
import tempfile
import unittest


class FaultsTest(unittest.TestCase):

    def problems(self, lie, *words, kills=6):
        folder = tempfile.mkdtemp(prefix='pavane-faults-')
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        run = subprocess.run([os.environ['PAVANE_BROKER_CRASH'], '--kills', str(kills), '--folder', folder,
                              '--patience', '5', '--lie', lie, *words, os.environ['PAVANE_PAVANED']],
                             capture_output=True, text=True, check=False, timeout=900)
        tally = json.loads(run.stdout.strip().splitlines()[-1])
        self.assertEqual(run.returncode, 1, f'the fault {lie} was not noticed: {run.stdout}')
        return '\n'.join(tally['problems'])

    def test_an_answer_before_the_commit(self):
        self.assertIn('is lost', self.problems('store.answers_early', '--only-at', 'store.before_append'))

    def test_a_commit_in_two_batches(self):
        self.assertRegex(self.problems('store.events_apart', '--only-at', 'store.between_halves'), '.')

    def test_a_window_that_is_not_rebuilt(self):
        self.assertIn('is stored twice',
                      self.problems('store.no_dedup_window', '--only-at', 'store.before_complete'))

    def test_an_ack_without_its_emits(self):
        self.assertIn('accepted acks, and 0 of their emits', self.problems('delivery.no_emits'))

    def test_leases_without_a_fence(self):
        self.assertRegex(self.problems('delivery.no_fence'),
                         'a late settlement of|came again after its accepted ack|accepted acks, and')

    def test_a_checkpoint_ahead_of_its_commits(self):
        self.assertRegex(self.problems('delivery.checkpoint_ahead', kills=12),
                         'was never delivered|came again after its accepted ack|still unsettled|of work is')

    def test_a_wrong_count_of_unsettled_deliveries(self):
        self.assertIn('unsettled deliveries was', self.problems('delivery.unsettled_forgotten'))


if __name__ == '__main__':
    unittest.main()
