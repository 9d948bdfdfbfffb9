"""Plugins under supervision of a real pavaned: started, logged, restarted, stopped, and never orphaned."""

import os
import pathlib
import re
import select
import socket
import tempfile
import unittest

from running_broker import Broker, Protocol, await_true

# Holds a TCP port and a child in a session of its own that holds the same port's socket, as a server with
# workers does. An orphan of either makes the next start fail to bind.
SERVER = """
import os, signal, socket, subprocess, sys, time
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen()
child = subprocess.Popen(["sleep", "1000"], start_new_session=True, pass_fds=[listener.fileno()])
print("serving as", os.environ["PAVANE_PLUGIN_NAME"], "to", os.environ["PAVANE_GRPC_ADDRESS"],
      "ids", os.getpid(), os.getppid(), child.pid, flush=True)
signal.sigwait([signal.SIGTERM]) if len(sys.argv) < 3 else time.sleep(1000)
print("draining", flush=True)
"""


class Watched:
    """A process by a descriptor that cannot come to mean another one."""

    def __init__(self, pid):
        self.pid = pid
        self.fd = os.pidfd_open(pid)

    def ended(self, seconds):
        return bool(select.select([self.fd], [], [], seconds)[0])


class SupervisionTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.protocol = Protocol()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def start(self, *plugins):
        lines = ["plugins:"]
        for name, *command in plugins:
            quoted = ", ".join("'" + part.replace("'", "''") + "'" for part in command)
            lines.append(f"  - {{name: {name}, command: [{quoted}]}}")
        config = self.folder / "pavane.yaml"
        config.write_text("\n".join(lines) + "\n")
        self.broker = Broker(self.folder, f"--config={config}")
        self.addCleanup(lambda: self.broker.kill())
        return self.broker

    def start_server(self, *arguments):
        program = self.folder / "server.py"
        program.write_text(SERVER)
        return self.start(("server", "/usr/bin/python3", str(program), str(self.port), *arguments))

    def await_log(self, pattern, count=1):
        """The last of `count` matches in the log."""
        def found():
            matches = list(re.finditer(pattern, self.broker.log()))
            return matches[count - 1] if len(matches) >= count else None
        try:
            return await_true(found, what=pattern)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.broker.log()}") from None

    def await_processes(self, count=1):
        """Plugin, guard and the plugin's child of the `count`th start."""
        match = self.await_log(r"ids (\d+) (\d+) (\d+)", count)
        return [Watched(int(pid)) for pid in match.groups()]

    def stats(self):
        answer = self.protocol.call(self.broker.channel, "pavane.admin.v1.SystemAdmin", "GetStats")
        return {plugin.name: plugin for plugin in answer.plugins}

    def test_output_goes_to_the_log_with_the_name_and_shutdown_asks_first(self):
        broker = self.start_server()
        self.await_log(r"serving as server to " + re.escape(broker.grpc) + r".*plugin=server")
        processes = self.await_processes()
        await_true(lambda: self.stats()["server"].pid == processes[0].pid, what="the plugin's id in the stats")
        self.assertEqual(self.stats()["server"].restarts, 0)
        self.assertEqual(broker.stop(), 0, broker.log())
        self.assertIn("draining", broker.log())
        for process in processes:
            self.assertTrue(process.ended(0), process.pid)

    def test_a_plugin_that_ends_is_restarted_and_counted(self):
        broker = self.start(("short", "/bin/sh", "-c", "echo up; exit 7"))
        self.await_log(r"\bup\b.*plugin=short", count=2)
        self.assertIn("exit code 7", broker.log())
        self.assertGreaterEqual(self.stats()["short"].restarts, 1)
        self.assertIn("exit code 7", self.stats()["short"].last_exit)
        self.assertRegex(broker.metrics(), r'pavane_plugin_restarts_total\{plugin="short"\} [1-9]')

    def test_nothing_outlives_a_killed_broker(self):
        broker = self.start_server("deaf")
        processes = self.await_processes()
        broker.kill()
        for process in processes:
            self.assertTrue(process.ended(10), process.pid)

    def test_a_restarted_broker_meets_no_orphans(self):
        broker = self.start_server("deaf")
        for start in range(1, 6):
            old = self.await_processes(start)
            broker.kill()
            broker.start()
            # The plugin binds the port of the one before; with an orphan it would end and be counted.
            self.await_processes(start + 1)
            for process in old:
                self.assertTrue(process.ended(0), process.pid)
            self.assertEqual(self.stats()["server"].restarts, 0, broker.log())

    def test_a_killed_plugin_takes_its_children_along(self):
        self.start_server("deaf")
        plugin, _, child = self.await_processes()
        os.kill(plugin.pid, 9)
        self.assertTrue(child.ended(10))
        self.await_processes(2)


if __name__ == "__main__":
    unittest.main()
