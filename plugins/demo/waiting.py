"""Waiting with a bound, for what other processes know and tell nobody: a port, a queue, the end of a process.

What a thread of this process brings about is waited for with a condition (see sinks.py), and an answer with gRPC's
own wait_for_ready.
"""

import time


class DemoError(Exception):
    """Something does not hold; the text says what."""


def wait_until(what, condition, seconds, pause=0.1):
    """The first true value of condition(), asked again and again for at most so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise DemoError(f'gave up waiting after {seconds} s: {what}')
        time.sleep(pause)
