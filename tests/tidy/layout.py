"""What the documents say about the tree: the folder map, links, make targets."""

import os
import re

LINK = re.compile(r'\[[^\]]*\]\(([^()\s]+(?:\([^()]*\))?)\)')
HEADING = re.compile(r'^#{1,6}\s+(.*?)\s*#*$')
MAP_HEADING = re.compile(r'\bmap\b', re.IGNORECASE)
MAP_ENTRY = re.compile(r'^([\s│├└─|`+-]*)([\w.][\w.\-/]*)/(?:\s|$)')
MAKE_NAMED = re.compile(r'\bmake ([a-z][a-z-]*)\b')
CODE = re.compile(r'`([^`\n]+)`')
MAKE_TARGET = re.compile(r'^([a-z][a-z-]*):', re.MULTILINE)

# Folders whose children each stand in the map too.
MAPPED_PARENTS = ('broker', 'clients', 'plugins', 'tests')


def documents(tree):
    return tree.named('.md')


def fenced(tree, path):
    """Triples of line number, line, and whether it is inside a ``` block."""
    inside = False
    for number, line in tree.lines(path):
        if line.lstrip().startswith('```'):
            inside = not inside
            continue
        yield number, line, inside


def map_entries(tree):
    """The folders that the code block under README's heading with the word "map" names, with lines.

    A line starts with a path and a slash; an indented line continues the path of the line above that
    is indented less.
    """
    in_section = False
    above = []  # of (indentation, path)
    for number, line, inside in fenced(tree, 'README.md'):
        heading = None if inside else HEADING.match(line)
        if heading:
            in_section = bool(MAP_HEADING.search(heading.group(1)))
        entry = MAP_ENTRY.match(line) if in_section and inside else None
        if not entry:
            continue
        indentation = len(entry.group(1))
        while above and above[-1][0] >= indentation:
            above.pop()
        path = f'{above[-1][1]}/{entry.group(2)}' if above else entry.group(2)
        if not tree.exists(path) and tree.exists(entry.group(2)):
            path = entry.group(2)  # written in full although indented
        above.append((indentation, path))
        yield number, path


def check_map(tree):
    if 'README.md' not in tree.files:
        yield 'README.md: missing'
        return
    mapped = set()
    for number, path in map_entries(tree):
        mapped.add(path)
        if path not in tree.folders:
            yield f'README.md:{number}: the map names {path}/, which is not in the tree'
    if not mapped:
        yield 'README.md: no code block under a heading with the word "map" names the folders'
        return
    for folder in sorted(tree.folders):
        depth = folder.count('/')
        wanted = depth == 0 or (depth == 1 and folder.split('/')[0] in MAPPED_PARENTS)
        if wanted and not folder.startswith('.') and folder not in mapped:
            yield f'README.md: the map lacks {folder}/'


def anchors(tree, path):
    """As GitHub makes them from headings."""
    for _, line, inside in fenced(tree, path):
        heading = None if inside else HEADING.match(line)
        if heading:
            text = re.sub(r'[^\w\- ]', '', heading.group(1).lower())
            yield text.replace(' ', '-')


def check_links(tree):
    for path in documents(tree):
        for number, line, inside in fenced(tree, path):
            if inside:
                continue
            for target in LINK.findall(CODE.sub('', line)):
                if re.match(r'[a-z]+:', target):
                    continue
                yield from broken_link(tree, path, number, target)


def broken_link(tree, path, number, target):
    file, _, anchor = target.partition('#')
    aim = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
    if not tree.exists(aim) and aim != '.':
        yield f'{path}:{number}: link to {target}, which does not exist'
    elif anchor and aim.endswith('.md') and anchor not in set(anchors(tree, aim)):
        yield f'{path}:{number}: link to {target}: no such heading'


def check_make_targets(tree):
    if 'Makefile' not in tree.files:
        yield 'Makefile: missing'
        return
    targets = set(MAKE_TARGET.findall(tree.read('Makefile')))
    for path in documents(tree):
        for number, line, inside in fenced(tree, path):
            code = [line] if inside else CODE.findall(line)
            for name in [name for text in code for name in MAKE_NAMED.findall(text)]:
                if name not in targets:
                    yield f'{path}:{number}: names `make {name}`, which the Makefile does not have'


CHECKS = (check_map, check_links, check_make_targets)
