"""What the stranger at the terminal sees."""

import os
import sys
import time

_COLORS = {'bold': '1', 'dim': '2', 'red': '31', 'green': '32', 'yellow': '33', 'blue': '36'}


class Screen:
    def __init__(self):
        self._start = time.monotonic()
        self._colored = sys.stdout.isatty() and 'NO_COLOR' not in os.environ
        self._chapter = 0
        self.failures = []

    def paint(self, text, color):
        return f'\033[{_COLORS[color]}m{text}\033[0m' if self._colored else text

    def _print(self, text=''):
        print(text, flush=True)

    def title(self, text):
        self._print()
        self._print(self.paint(text, 'bold'))

    def chapter(self, text):
        self._chapter += 1
        clock = self.paint(f'{time.monotonic() - self._start:5.1f} s', 'dim')
        self._print()
        self._print(f'{clock}  {self.paint(f"{self._chapter}. {text}", "bold")}')

    def say(self, text=''):
        self._print(f'         {text}')

    def table(self, rows, indent='  '):
        """Columns as wide as they need, the last one free."""
        if not rows:
            return
        widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]) - 1)]
        for row in rows:
            cells = [str(cell).ljust(width) for cell, width in zip(row, widths)] + [str(row[-1])]
            self.say(indent + '  '.join(cells))

    def check(self, holds, text, detail=''):
        """One line of the reconciliation; what does not hold fails the demo."""
        mark = self.paint('ok', 'green') if holds else self.paint('FAILED', 'red')
        self.say(f'{mark:<4}  {text}' + (f'  {self.paint(str(detail), "dim")}' if detail != '' else ''))
        if not holds:
            self.failures.append(text)

    def elapsed(self):
        return time.monotonic() - self._start
