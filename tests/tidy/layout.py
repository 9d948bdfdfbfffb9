"""What the documents say about the tree: the folder map, links, make targets."""

import os
import re

LINK = re.compile(r'\[[^\]]*\]\(([^()\s]+(?:\([^()]*\))?)\)')
HEADING = re.compile(r'^#{1,6}\s+(.*?)\s*#*$')
# Not build/bin/x, $HOME/x or https://x: a word with a slash at its end, standing alone.
FOLDER_NAMED = re.compile(r'(?<![\w/.$:-])([a-z][\w-]*(?:/[\w-]+)*)/(?![\w/*.])')
# A command, not prose: it begins the code, or follows && or ; or a prompt.
MAKE_NAMED = re.compile(r'(?:^|&&|;|\$)\s*make ([a-z][a-z-]*)\b')
CODE = re.compile(r'`([^`\n]+)`')
MAKE_TARGET = re.compile(r'^([a-z][a-z-]*):', re.MULTILINE)

# README.md names a folder by its path, or by its name below one of these.
PARENTS = ('broker', 'clients', 'plugins', 'tests')


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


def folders_named(tree):
    """Pairs of line number and each `folder/` that README.md names in code, inline or in a block."""
    for number, line, inside in fenced(tree, 'README.md'):
        code = [line] if inside else CODE.findall(line)
        for name in [name for text in code for name in FOLDER_NAMED.findall(text)]:
            yield number, name


def check_map(tree):
    """README.md is the map: it names every folder that counts, and no folder that does not exist."""
    if 'README.md' not in tree.files:
        yield 'README.md: missing'
        return
    mapped = set()
    for number, name in folders_named(tree):
        places = [name] + [f'{parent}/{name}' for parent in PARENTS]
        found = {place for place in places if place in tree.folders}
        mapped |= found
        if not found:
            yield f'README.md:{number}: names {name}/, which is not in the tree'
    for folder in sorted(tree.folders):
        counts = '/' not in folder or re.fullmatch(r'broker/[^/]+', folder)
        if counts and not folder.startswith('.') and folder not in mapped:
            yield f'README.md: names {folder}/ nowhere'


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
