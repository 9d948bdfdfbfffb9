"""Who may include whom. A new arrow is a design decision: change ALLOWED in the same commit and say why."""

import re

# The levels of broker/, from below. A folder sees the levels listed, never its own neighbours.
LEAVES = ('base',)
VALUES = ('metrics', 'config', 'event') + LEAVES

ALLOWED = {
    'base': (),
    'metrics': LEAVES,
    'config': LEAVES,
    'event': LEAVES,
    'rules': VALUES,
    'store': VALUES,
    'targets': VALUES,
    'delivery': ('store', 'targets') + VALUES,
    'ingress': ('rules', 'delivery', 'store') + VALUES,
    'admin': ('ingress', 'delivery', 'store', 'rules') + VALUES,
    'supervision': ('config', 'metrics') + LEAVES,
    # A connected stream is a targets::Session, implemented in rpc.
    'rpc': ('ingress', 'admin', 'delivery', 'rules', 'targets') + VALUES,
    'http': ('ingress', 'admin', 'delivery', 'rules') + VALUES,
    # server and main.cc know all.
}

# A library's headers and the only broker folders that may include them.
QUARANTINE = (
    (re.compile(r'^rocksdb/'), 'RocksDB', ('store',)),
    (re.compile(r'^grpc(pp)?/|\.grpc\.pb\.h$'), 'gRPC', ('rpc', 'targets')),
    (re.compile(r'^prometheus/'), 'prometheus-cpp', ('metrics',)),
    (re.compile(r'^(civetweb|CivetServer)\.h$'), 'CivetWeb', ('http', 'metrics')),
)

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]')


def included(tree, path):
    """Pairs of line number and included path."""
    for number, line in tree.lines(path):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def folder_of(path):
    """broker/rules/matcher.h: rules. None for broker/main.cc and for all outside broker/."""
    parts = path.split('/')
    return parts[1] if len(parts) > 2 and parts[0] == 'broker' else None


def broker_folders(tree):
    return {folder_of(path) for path in tree.files} - {None}


def sources(tree, under):
    return tree.named('.h', '.cc', under=under)


def check_direction(tree):
    folders = broker_folders(tree)
    for folder in sorted(folders - set(ALLOWED) - {'server'}):
        yield f'broker/{folder}: not in the table of allowed includes (tests/tidy/includes.py)'
    for path in sources(tree, 'broker/'):
        own = folder_of(path)
        if own not in ALLOWED:
            continue
        for number, name in included(tree, path):
            other = name.split('/')[0]
            if '/' in name and other in folders and other != own and other not in ALLOWED[own]:
                yield f'{path}:{number}: {own}/ may not include {other}/'


def check_cycles(tree):
    """Whatever the table says, no folder may reach itself."""
    folders = broker_folders(tree)
    arrows = {folder: set() for folder in folders}
    for path in sources(tree, 'broker/'):
        own = folder_of(path)
        if own is None:
            continue
        for _, name in included(tree, path):
            other = name.split('/')[0]
            if '/' in name and other in folders and other != own:
                arrows[own].add(other)
    for folder in sorted(folders):
        for other in sorted(arrows[folder]):
            if folder < other and folder in reachable(arrows, other):
                yield f'broker/{folder} and broker/{other} include each other'


def reachable(arrows, start):
    seen, waiting = set(), [start]
    while waiting:
        for other in arrows[waiting.pop()]:
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


def check_quarantine(tree):
    for path in sources(tree, 'broker/'):
        for number, name in included(tree, path):
            for pattern, library, allowed in QUARANTINE:
                if pattern.search(name) and folder_of(path) not in allowed:
                    yield f'{path}:{number}: {library} belongs to {" and ".join(allowed)} alone'


def check_outside(tree):
    """clients/ and plugins/ know proto/ and, downward, each other."""
    folders = broker_folders(tree)
    for path in sources(tree, 'clients/') + sources(tree, 'plugins/'):
        for number, name in included(tree, path):
            first = name.split('/')[0]
            if ('/' in name and first in folders) or first == 'broker':
                yield f'{path}:{number}: includes {name} of the broker; only proto/ is shared'
            if first == 'plugins' and path.startswith('clients/'):
                yield f'{path}:{number}: clients/ may not include plugins/'


CHECKS = (check_direction, check_cycles, check_quarantine, check_outside)
