"""What every source file must have, and what none may have."""

import re

# Pieces, so that this file does not contain what it looks for.
FORBIDDEN = (
    ('/' + 'work/', 'a path of one machine'),
    ('/' + 'root/', 'a path of one machine'),
    ('../' + 'shared', 'a path outside the tree'),
    ('deb.' + 'debian.org', 'the host of a package registry'),
    ('registry.' + 'npmjs', 'the host of a package registry'),
    ('files.' + 'pythonhosted', 'the host of a package registry'),
    ('pypi.' + 'org', 'the host of a package registry'),
    ('proxy.' + 'golang', 'the host of a package registry'),
    ('crates.' + 'io', 'the host of a package registry'),
)
# A letter before it makes it a longer path of something else, as in `frame` + `work/`.
PATTERNS = tuple((re.compile(r'(?<![\w.\-])' + re.escape(text)), text, what)
                 for text, what in FORBIDDEN)

UNFINISHED = re.compile(r'\b(TO' + r'DO|FIX' + r'ME|XX' + r'X)\b')
BARE_SILENCER = re.compile(r'NO' r'LINT(?:NEXTLINE|BEGIN|END)?\b(?!\()')
SILENCER = 'NO' + 'LINT'
RAW_THREAD = re.compile(r'\bstd::j?thread\b(?!::)|\bpthread_create\b')
SLEEP = re.compile(r'\b(sleep_for|sleep_until|usleep|nanosleep|SleepFor)\s*\(')

CODE_SUFFIXES = ('.h', '.cc', '.py', '.sh', '.proto', '.cmake', 'CMakeLists.txt')


def guard_of(path):
    """broker/base/clock.h: PAVANE_BASE_CLOCK_H_. An install folder's include/pavane/ is left out."""
    named = path[len('broker/'):] if path.startswith('broker/') else path
    named = named.replace('/include/pavane/', '/')
    return 'PAVANE_' + re.sub(r'[^A-Za-z0-9]', '_', named).upper() + '_'


def check_guards(tree):
    for path in tree.named('.h'):
        directives = [line.strip() for _, line in tree.lines(path) if line.startswith('#')]
        guard = guard_of(path)
        if directives[:2] != [f'#ifndef {guard}', f'#define {guard}']:
            yield f'{path}:1: must begin with the include guard {guard}'


def check_words(tree):
    for path in tree.files:
        text = tree.read(path)
        for pattern, forbidden, what in PATTERNS:
            match = pattern.search(text)
            if match:
                number = text.count('\n', 0, match.start()) + 1
                yield f'{path}:{number}: "{forbidden}": {what}'


def check_code(tree):
    for path in tree.named(*CODE_SUFFIXES):
        for number, line in tree.lines(path):
            if UNFINISHED.search(line):
                yield f'{path}:{number}: unfinished work belongs to an issue, not into the code'
            if BARE_SILENCER.search(line):
                yield f'{path}:{number}: a {SILENCER} names its check: {SILENCER}(check-name)'


def check_threads(tree):
    """Threads of the broker are made only by base/thread.h: named, and joined by their owner."""
    for path in tree.named('.h', '.cc', under='broker/'):
        if path in ('broker/base/thread.h', 'broker/base/thread.cc'):
            continue
        for number, line in tree.lines(path):
            if RAW_THREAD.search(line.split('//')[0]):
                yield f'{path}:{number}: threads are made with base/thread.h'


def check_sleeps(tree):
    for path in tree.named('.h', '.cc', under='tests/unit/'):
        for number, line in tree.lines(path):
            if SLEEP.search(line):
                yield f'{path}:{number}: unit tests do not sleep; use ManualClock'


CHECKS = (check_guards, check_words, check_code, check_threads, check_sleeps)
