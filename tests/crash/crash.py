#!/usr/bin/env python3
"""The long crash run: crash.py --count N --build BUILD_FOLDER --state STATE_FOLDER

Kills a store's child and the whole broker in pieces, until N kills are done and checked; at least one
in ten hits the whole broker. Each finished piece is one line of STATE/pieces.jsonl, so a run that was
interrupted goes on where it was, and a larger N later adds to it. After each piece STATE/result.json
holds the sum. Exit code 1 when a check did not hold; the stores of that piece stay in STATE/failed.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

STORE_KILLS = 400  # of one piece
BROKER_KILLS = 100
BROKER_SHARE = 0.1
SUMS = ('kills', 'in_flight', 'acknowledged')
TABLES = ('ends', 'fail_points', 'figures')


def add(total, piece):
    for name in SUMS:
        total[name] = total.get(name, 0) + piece[name]
    for table in TABLES:
        into = total.setdefault(table, {})
        for name, count in piece[table].items():
            into[name] = into.get(name, 0) + count
    total.setdefault('problems', []).extend(piece['problems'])
    total['pieces'] = total.get('pieces', 0) + 1
    total['seconds'] = round(total.get('seconds', 0) + piece['seconds'], 1)


def not_hit(listed, done):
    """The fail points of one harness that no kill has hit yet."""
    return sorted(name for name in listed if name not in done)


def points_of(harness):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'fail_points.txt')
    with open(path, encoding='utf-8') as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith('#')]
    return [row[0] for row in rows if harness in row[1].split(',')]


class Run:

    def __init__(self, options):
        self.options = options
        os.makedirs(options.state, exist_ok=True)
        self.pieces_path = os.path.join(options.state, 'pieces.jsonl')
        self.totals = {'store': {}, 'broker': {}}
        self.child = None
        if os.path.exists(self.pieces_path):
            with open(self.pieces_path, encoding='utf-8') as file:
                for line in file:
                    piece = json.loads(line)
                    add(self.totals[piece['harness']], piece)

    def kills(self, harness):
        return self.totals[harness].get('kills', 0)

    def next_piece(self):
        """Harness and number of kills, or None at the end."""
        left = self.options.count - self.kills('store') - self.kills('broker')
        broker_left = round(self.options.count * BROKER_SHARE) - self.kills('broker')
        if left <= 0 and broker_left <= 0:
            return None
        # Both go on at their share, so that an interrupted run has seen both.
        behind = self.kills('broker') <= BROKER_SHARE * (self.kills('store') + self.kills('broker'))
        if broker_left > 0 and (behind or left <= broker_left):
            return 'broker', min(BROKER_KILLS, broker_left)
        return 'store', min(STORE_KILLS, left - max(broker_left, 0))

    def command(self, harness, kills, folder):
        binary = os.path.join(self.options.build, 'bin', f'{harness}_crash')
        words = [binary, '--kills', str(kills), '--folder', folder]
        return words + ([os.path.join(self.options.build, 'bin', 'pavaned')] if harness == 'broker' else [])

    def piece(self, harness, kills):
        # Memory where there is such a file system: the power cut is played, not awaited.
        parent = '/dev/shm' if harness == 'store' and os.access('/dev/shm', os.W_OK) else None
        folder = tempfile.mkdtemp(prefix='pavane-crash-', dir=parent)
        start = time.monotonic()
        try:
            self.child = subprocess.Popen(self.command(harness, kills, folder), stdout=subprocess.PIPE,
                                          start_new_session=True, text=True)
            output, _ = self.child.communicate()
            if self.child.returncode not in (0, 1) or not output.strip():
                sys.exit(f'{harness}_crash ended with {self.child.returncode}; its files: {folder}')
            piece = json.loads(output.strip().splitlines()[-1])
            piece.update(harness=harness, seconds=round(time.monotonic() - start, 1))
            if piece['problems']:
                kept = os.path.join(self.options.state, 'failed', f'{harness}-{piece["seed"]}')
                shutil.copytree(folder, kept, dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns('*.sock'))
                piece['kept'] = kept
            return piece
        finally:
            if self.child.poll() is None:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()
            shutil.rmtree(folder, ignore_errors=True)

    def record(self, piece):
        with open(self.pieces_path, 'a', encoding='utf-8') as file:
            file.write(json.dumps(piece) + '\n')
        add(self.totals[piece['harness']], piece)
        fresh = os.path.join(self.options.state, 'result.json.new')
        with open(fresh, 'w', encoding='utf-8') as file:
            json.dump(self.result(), file, indent=1)
        os.replace(fresh, os.path.join(self.options.state, 'result.json'))

    def result(self):
        result = {name: sum(total.get(name, 0) for total in self.totals.values()) for name in SUMS}
        result['problems'] = [problem for total in self.totals.values()
                              for problem in total.get('problems', [])]
        for harness, total in self.totals.items():
            result[harness] = total
            result[harness]['fail_points_not_hit'] = not_hit(points_of(harness),
                                                             total.get('fail_points', {}))
        return result

    def line(self, end='\r'):
        result = self.result()
        print(f'{result["kills"]} of {self.options.count} kills ({self.kills("broker")} of the whole broker), '
              f'{result["in_flight"]} in flight, {result["acknowledged"]} acknowledgements checked, '
              f'{len(result["problems"])} problems   ', end=end, flush=True)

    def run(self):
        self.line()
        while (piece := self.next_piece()) is not None:
            done = self.piece(*piece)
            self.record(done)
            self.line()
            if done['problems']:
                print()
                for problem in done['problems']:
                    print(f'PROBLEM {problem}')
                print(f'its files: {done["kept"]}')
                return 1
        self.line(end='\n')
        return 1 if self.result()['problems'] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--count', type=int, required=True)
    parser.add_argument('--build', required=True)
    parser.add_argument('--state', required=True)
    run = Run(parser.parse_args())
    try:
        sys.exit(run.run())
    except KeyboardInterrupt:
        print('\ninterrupted; the same command goes on from here')
        sys.exit(130)


if __name__ == '__main__':
    main()
