"""The files that the checks look at."""

import os
import subprocess

# Build trees and the like, for a tree that is not a git checkout.
SKIPPED_FOLDERS = ('.git', '.cache', '__pycache__')


class Tree:
    """The committed files below a root; without git, all files."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.files = sorted(path for path in self._list() if os.path.isfile(self.full(path)))
        self.folders = {parent for path in self.files for parent in parents(path)}

    def full(self, path):
        return os.path.join(self.root, path)

    def read(self, path):
        with open(self.full(path), encoding='utf-8', errors='replace') as file:
            return file.read()

    def lines(self, path):
        """Pairs of line number, from 1, and line."""
        return enumerate(self.read(path).splitlines(), 1)

    def named(self, *suffixes, under=''):
        return [path for path in self.files if path.startswith(under) and path.endswith(suffixes)]

    def exists(self, path):
        return path in self.files or path in self.folders

    def _list(self):
        if os.path.exists(self.full('.git')):
            listed = subprocess.run(['git', 'ls-files', '-z'], cwd=self.root, check=True,
                                    capture_output=True).stdout
            return listed.decode().split('\0')[:-1]
        return self._walk()

    def _walk(self):
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders
                          if name not in SKIPPED_FOLDERS and not name.startswith('build')]
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in names]
        return found


def parents(path):
    """a/b/c.h: a, a/b."""
    parts = path.split('/')[:-1]
    return ['/'.join(parts[:depth]) for depth in range(1, len(parts) + 1)]
