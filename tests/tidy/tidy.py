#!/usr/bin/env python3
"""Holds the rules of the tree that no compiler holds. Usage: tidy.py ROOT

Prints each breach as `path:line: what is wrong` and exits 1 if there is one.
"""

import sys

import includes
import layout
import promises
import protos
import sources
from tree import Tree

CHECKS = (includes.CHECKS + layout.CHECKS + promises.CHECKS + protos.CHECKS
          + sources.CHECKS)


def breaches(root):
    tree = Tree(root)
    return [breach for check in CHECKS for breach in check(tree)]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = breaches(sys.argv[1])
    for breach in found:
        print(breach)
    print(f'tidy: {len(CHECKS)} checks, {len(found)} breaches')
    sys.exit(1 if found else 0)


if __name__ == '__main__':
    main()
