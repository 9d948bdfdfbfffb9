"""Promises and what keeps them: docs/delivery.md names tests that exist, the list of fail points is true."""

import re

DELIVERY = 'docs/delivery.md'
FAIL_POINTS = 'tests/crash/fail_points.txt'

CODE = re.compile(r'`([^`\n]+)`')
GTEST = re.compile(r'^\s*TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)', re.MULTILINE)
PYTEST = re.compile(r'^\s+def (test_\w+)\(', re.MULTILINE)
CTEST = re.compile(r'add_test\(\s*NAME\s+(\w+)', re.MULTILINE)
# In fault_env.cc the names stand in a table.
FAIL_POINT = re.compile(r'\bFAILPOINT(?:_STATUS|_LIES)?\(\s*"([a-z_.]+)"\s*\)|"(fault_env\.[a-z_]+)"')


def tests_of(tree):
    """Suite.Case of Google Test, file.test_name of Python, and the names of ctest entries."""
    found = set()
    for path in tree.named('.cc', under='tests/'):
        found |= {f'{suite}.{case}' for suite, case in GTEST.findall(tree.read(path))}
    for path in tree.named('_test.py', under='tests/'):
        stem = path.rsplit('/', 1)[1][:-len('.py')]
        found |= {f'{stem}.{case}' for case in PYTEST.findall(tree.read(path))}
    for path in tree.named('CMakeLists.txt'):
        found |= set(CTEST.findall(tree.read(path)))
    return found


def promise_rows(tree):
    """Number and last cell of each row of a table with the columns `promise` and `test`."""
    inside = False
    for number, line in tree.lines(DELIVERY):
        cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
        if not line.startswith('|'):
            inside = False
        elif cells == ['promise', 'test']:
            inside = True
        elif inside and not set(cells[-1]) <= set('-: '):
            yield number, cells[-1]


def check_promises(tree):
    """Each promise of docs/delivery.md has a test, by its exact name, and the test exists."""
    if DELIVERY not in tree.files:
        return
    tests = tests_of(tree)
    for number, cell in promise_rows(tree):
        named = CODE.findall(cell)
        if not named:
            yield f'{DELIVERY}:{number}: a promise without a test'
        for name in named:
            if name not in tests:
                yield f'{DELIVERY}:{number}: names the test {name}, which does not exist'


def check_fail_points(tree):
    """The list is exactly the fail points of the broker and of the faulty file system."""
    if FAIL_POINTS not in tree.files:
        return
    passed = {}
    sources = tree.named('.h', '.cc', under='broker/') + ['tests/support/fault_env.cc']
    for path in sources:
        if path == 'broker/base/failpoint.h' or path not in tree.files:
            continue
        for number, line in tree.lines(path):
            for names in FAIL_POINT.findall(line):
                passed.setdefault(names[0] or names[1], f'{path}:{number}')
    listed = set()
    for number, line in tree.lines(FAIL_POINTS):
        words = line.split()
        if not words or words[0].startswith('#'):
            continue
        if words[0] in listed:
            yield f'{FAIL_POINTS}:{number}: {words[0]} twice'
        listed.add(words[0])
        if words[0] not in passed:
            yield f'{FAIL_POINTS}:{number}: nothing passes {words[0]}'
    for name, place in sorted(passed.items()):
        if name not in listed:
            yield f'{place}: fail point {name} is not in {FAIL_POINTS}'


CHECKS = (check_promises, check_fail_points)
