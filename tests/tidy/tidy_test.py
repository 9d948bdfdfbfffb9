"""A good tree passes; each way of spoiling it is found, by file and line."""

import os
import tempfile
import unittest

from tidy import breaches

GOOD = {
    'Makefile': 'test: build\n\ttrue\n',
    'README.md': '# Pavane\n\n`make test` says it. See [delivery](docs/delivery.md#the-lease).\n\n'
                 '```\nrun build/bin/pavaned\nstore/    make it durable\n  → targets/   the far end\n```\n'
                 '| `broker/` | the stations above and `base/` |\n'
                 '| `docs/` | prose | \n| `proto/` | the wire |\n| `tests/` | `tests/unit/` |\n',
    'docs/delivery.md': '# Delivery\n\n## The lease\n\n[back](../README.md) [web](https://example.com)\n'
                        '```\n[not a link](nowhere.md)\n```\n',
    'broker/base/clock.h': '// Time.\n#ifndef PAVANE_BASE_CLOCK_H_\n#define PAVANE_BASE_CLOCK_H_\n'
                           '#include <string>\n#endif\n',
    'broker/store/store.cc': '#include "rocksdb/db.h"\n#include "base/clock.h"\n',
    'broker/targets/dial.cc': '#include <grpcpp/grpcpp.h>\n#include "base/clock.h"\n',
    'proto/pavane.proto': 'syntax = "proto3";\n// An event.\nmessage Event {\n  // Its name.\n'
                          '  string name = 1;\n  int32 size = 2;  // in bytes\n  reserved 3;\n}\n',
    'tests/unit/a_test.cc': '#include "base/clock.h"\n',
}


class TidyTest(unittest.TestCase):

    def found(self, changes):
        """The breaches in the good tree with these files added, replaced or, if None, removed."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**GOOD, **changes}.items():
                if text is None:
                    continue
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, 'w', encoding='utf-8') as file:
                    file.write(text)
            return breaches(root)

    def expect(self, changes, *wanted):
        found = self.found(changes)
        for text in wanted:
            self.assertTrue(any(text in breach for breach in found), f'{text!r} not in {found}')

    def test_good_tree_passes(self):
        self.assertEqual(self.found({}), [])

    def test_upward_include(self):
        self.expect({'broker/base/clock.cc': '#include "base/clock.h"\n#include "store/store.h"\n'},
                    'broker/base/clock.cc:2: base/ may not include store/')

    def test_folders_that_include_each_other(self):
        self.expect({'broker/store/a.cc': '#include "targets/dial.h"\n',
                     'broker/targets/b.cc': '#include "store/store.h"\n'},
                    'broker/store and broker/targets include each other')

    def test_folder_that_the_table_does_not_know(self):
        self.expect({'broker/attic/a.cc': 'int a;\n'}, 'broker/attic: not in the table')

    def test_quarantined_libraries(self):
        self.expect({'broker/base/a.cc': '#include <rocksdb/db.h>\n'}, 'a.cc:1: RocksDB')
        self.expect({'broker/base/a.cc': '\n#include "pavane/v1/x.grpc.pb.h"\n'}, 'a.cc:2: gRPC')
        self.expect({'broker/store/a.cc': '#include "prometheus/counter.h"\n'}, 'prometheus-cpp')
        self.expect({'broker/main.cc': '#include <grpcpp/grpcpp.h>\n'}, 'broker/main.cc:1: gRPC')

    def test_plugin_that_uses_the_broker(self):
        self.expect({'plugins/seat/a.cc': '#include "store/store.h"\n'}, 'plugins/seat/a.cc:1')

    def test_client_that_uses_a_plugin(self):
        self.expect({'clients/cli/a.cc': '#include "plugins/seat/seat.h"\n'}, 'clients/cli/a.cc:1')

    def test_folder_that_the_map_lacks(self):
        self.expect({'broker/event/a.cc': 'int a;\n'}, 'README.md: names broker/event/ nowhere')
        self.expect({'deploy/a.yml': ''}, 'README.md: names deploy/ nowhere')

    def test_folder_of_the_map_that_the_tree_lacks(self):
        self.expect({'broker/store/store.cc': None}, 'README.md:7: names store/, which is not')

    def test_no_map(self):
        self.expect({'README.md': None}, 'README.md: missing')

    def test_broken_links(self):
        self.expect({'docs/a.md': '\n[b](b.md)\n'}, 'docs/a.md:2: link to b.md')
        self.expect({'docs/a.md': '[l](delivery.md#nowhere)\n'}, 'no such heading')

    def test_unknown_make_target(self):
        self.expect({'docs/a.md': 'Type `make coffee`.\n'}, 'docs/a.md:1: names `make coffee`')
        self.expect({'docs/a.md': '```\nmake tea\n```\n'}, 'docs/a.md:2: names `make tea`')

    def test_include_guard(self):
        self.expect({'broker/base/a.h': '#pragma once\n'}, 'include guard PAVANE_BASE_A_H_')
        self.expect({'tests/support/a.h': '#ifndef A\n#define A\n#endif\n'},
                    'include guard PAVANE_TESTS_SUPPORT_A_H_')
        self.expect({'clients/cpp/include/pavane/a.h': ''}, 'guard PAVANE_CLIENTS_CPP_A_H_')

    def test_forbidden_words(self):
        self.expect({'docs/a.md': 'fine\nsee /' + 'work/main\n'}, 'docs/a.md:2')
        self.expect({'docs/a.md': 'see ../' + 'shared\n'}, 'docs/a.md:1')
        self.expect({'a.sh': 'curl https://pypi.' + 'org\n'}, 'a.sh:1')
        self.assertEqual(self.found({'docs/a.md': 'a frame/work/ and net' + 'work/\n'}), [])

    def test_uncommented_proto(self):
        self.expect({'proto/a.proto': '// M.\nmessage M {\n  string a = 1;\n}\n'},
                    'proto/a.proto:3: field a')
        self.expect({'proto/a.proto': 'message M {\n}\n'}, 'proto/a.proto:1: message M')
        self.expect({'proto/a.proto': '// E.\nenum E {\n  // Z.\n  A = 0;\n  B = 1;\n}\n'},
                    'proto/a.proto:5: value B')
        self.expect({'proto/a.proto': '// S.\nservice S {\n  rpc Get(A) returns (B);\n}\n'},
                    'proto/a.proto:3: method Get')

    def test_promises_without_a_test(self):
        table = '## P\n\n| promise | test |\n|---|---|\n'
        good = {'tests/unit/a_test.cc': 'TEST_F(Lease, Ends) {}\n',
                'tests/b_test.py': 'class B:\n    def test_c(self):\n',
                'tests/CMakeLists.txt': 'add_test(NAME crash COMMAND x)\n'}
        rows = table + '| kept | `Lease.Ends`, `b_test.test_c`, `crash` |\n'
        self.assertEqual(self.found({'docs/delivery.md': '# The lease\n' + rows, **good}), [])
        self.expect({'docs/delivery.md': table + '| kept | nobody |\n', **good},
                    'docs/delivery.md:5: a promise without a test')
        self.expect({'docs/delivery.md': table + '| kept | `Lease.Holds` |\n', **good},
                    'docs/delivery.md:5: names the test Lease.Holds')

    def test_fail_points_and_their_list(self):
        source = {'broker/store/a.cc': 'FAILPOINT("store.a");\nif (FAILPOINT_LIES("store.b")) {}\n'}
        listed = '# all\nstore.a store 1\nstore.b lie what\n'
        self.assertEqual(self.found({'tests/crash/fail_points.txt': listed, **source}), [])
        self.expect({'tests/crash/fail_points.txt': '# all\nstore.a store 1\n', **source},
                    'broker/store/a.cc:2: fail point store.b is not in')
        self.expect({'tests/crash/fail_points.txt': listed + 'store.c store 1\n', **source},
                    'fail_points.txt:4: nothing passes store.c')
        self.expect({'tests/crash/fail_points.txt': listed + 'store.a store 1\n', **source},
                    'fail_points.txt:4: store.a twice')

    def test_code_habits(self):
        self.expect({'broker/base/a.cc': '// TO' + 'DO: later\n'}, 'a.cc:1: unfinished')
        self.expect({'broker/base/a.cc': 'int A;  // NO' + 'LINT\n'}, 'a.cc:1: a NO' + 'LINT')
        self.expect({'broker/store/a.cc': 'std::thread t;\n'}, 'a.cc:1: threads')
        self.expect({'tests/unit/b_test.cc': 'absl::SleepFor(d);\n'}, 'b_test.cc:1: unit tests')


if __name__ == '__main__':
    unittest.main()
