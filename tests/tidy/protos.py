"""Every message, field, enum, enum value, oneof, service and method of a .proto has a comment."""

import re

BLOCK = re.compile(r'^(message|enum|service|oneof)\s+(\w+)')
METHOD = re.compile(r'^rpc\s+(\w+)')
FIELD = re.compile(r'^(?:(?:repeated|optional)\s+)?(?:map\s*<[^>]*>|[\w.]+)\s+(\w+)\s*=\s*\d+')
VALUE = re.compile(r'^(\w+)\s*=\s*-?(?:\d+|0x[0-9a-fA-F]+)')
NOT_FIELDS = ('option', 'syntax', 'package', 'import', 'reserved', 'extensions')


def declared(line):
    """The name that this line declares, or None."""
    if line.split(' ')[0].rstrip(';') in NOT_FIELDS:
        return None
    match = BLOCK.match(line)
    if match:
        return f'{match.group(1)} {match.group(2)}'
    for kind, pattern in (('method', METHOD), ('field', FIELD), ('value', VALUE)):
        match = pattern.match(line)
        if match:
            return f'{kind} {match.group(1)}'
    return None


def check_comments(tree):
    for path in tree.named('.proto'):
        commented = False  # by the lines just above
        for number, line in tree.lines(path):
            line = line.strip()
            if line.startswith(('//', '/*', '*')):
                commented = True
                continue
            name = declared(line)
            if name and not commented and '//' not in line:
                yield f'{path}:{number}: {name} has no comment'
            commented = False


CHECKS = (check_comments,)
