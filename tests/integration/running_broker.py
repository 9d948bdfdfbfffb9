"""A real pavaned in a folder of its own, and calls to it by nothing but proto/.

The messages are built from a descriptor set and not from protoc's Python modules, since one of those would be
named like the standard library's `io`.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAVANED = os.environ.get("PAVANED", str(ROOT / "build/bin/pavaned"))


def await_true(condition, seconds=30.0, what="the condition"):
    """The first true value of `condition()`; fails after `seconds`.

    Asks again and again, and so only for what another process knows and tells nobody by itself: a log, a port, the
    state of a broker. What this process brings about (a request to a server of its own) it waits for with a queue.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http_get(url):
    """(status, text)"""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Protocol:
    """Message classes and methods by their full names."""

    def __init__(self):
        protos = sorted((ROOT / "proto").rglob("*.proto"))
        with tempfile.NamedTemporaryFile() as out:
            subprocess.run(
                ["protoc", "-I", ROOT / "proto", "--include_imports", f"--descriptor_set_out={out.name}", *protos],
                check=True,
            )
            files = descriptor_pb2.FileDescriptorSet.FromString(out.read())
        self._pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            self._pool.Add(file)
        self._factory = message_factory.MessageFactory(self._pool)

    def message(self, name):
        return self._factory.GetPrototype(self._pool.FindMessageTypeByName(name))

    def call(self, channel, service, method, /, timeout=20, **fields):
        """One unary call; the fields are the request's."""
        found = self._pool.FindServiceByName(service).FindMethodByName(method)
        request = self._factory.GetPrototype(found.input_type)(**fields)
        answer = self._factory.GetPrototype(found.output_type)
        stub = channel.unary_unary(
            f"/{service}/{method}", request_serializer=lambda m: m.SerializeToString(), response_deserializer=answer.FromString
        )
        return stub(request, timeout=timeout)


class Broker:
    """Starts in the constructor; `stop` or `kill` end it. Its log is in `log_path`."""

    def __init__(self, folder, *flags):
        self.folder = pathlib.Path(folder)
        self.ports_file = self.folder / "ports.json"
        self.log_path = self.folder / "pavaned.log"
        self.flags = flags
        self.start()

    def start(self):
        self.ports_file.unlink(missing_ok=True)
        command = [
            PAVANED, f"--data-dir={self.folder / 'data'}", f"--ports-file={self.ports_file}",
            "--grpc-listen=127.0.0.1:0", "--http-listen=127.0.0.1:0", *self.flags,
        ]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        ports = json.loads(await_true(self._ports, what="pavaned's start"))
        self.grpc, self.http = ports["grpc"], f"http://{ports['http']}"
        self.channel = grpc.insecure_channel(self.grpc)

    def _ports(self):
        if self.process.poll() is not None:
            raise AssertionError(f"pavaned ended with {self.process.returncode}:\n{self.log()}")
        text = self.ports_file.read_text() if self.ports_file.exists() else ""
        return text.strip().endswith("}") and text

    def log(self):
        return self.log_path.read_text()

    def metrics(self):
        status, text = http_get(self.http + "/metrics")
        assert status == 200, status
        return text

    def await_instance(self, protocol, service):
        """Until an instance of the service is connected."""
        def connected():
            found = protocol.call(self.channel, "pavane.admin.v1.ServiceAdmin", "ListServices", name_prefix=service)
            return any(s.name == service and s.instances for s in found.services)
        await_true(connected, what=f"an instance of {service}")

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.channel.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def kill(self):
        self.channel.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=60)
