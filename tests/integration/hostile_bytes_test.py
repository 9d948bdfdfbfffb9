"""Bytes that are no call at all, on both doors: whoever sends them is refused, everybody else goes on."""

import os
import socket
import unittest

import grpc

from generic_client import BUSES, PUBLISHER, BrokerTest, event
from running_broker import http_get

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def frame(kind, stream, payload, flags=0):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


NO_CALLS = {
    "nothing": b"",
    "random bytes": os.urandom(1 << 16),
    "zeros": bytes(1 << 16),
    "a line": b"hello broker\n" * 100,
    "HTTP/1.1": b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(508),
    "half a preface": PREFACE[:11],
    "a preface and random bytes": PREFACE + os.urandom(1 << 14),
    "a frame of 16 MiB that does not come": PREFACE + SETTINGS + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01",
    "settings of a strange length": PREFACE + frame(4, 0, b"\x01\x02\x03"),
    "data on stream 0": PREFACE + SETTINGS + frame(0, 0, b"data"),
    "headers that cannot be unpacked": PREFACE + SETTINGS + frame(1, 1, b"\xff" * 64, flags=4),
    "a continuation of nothing": PREFACE + SETTINGS + frame(9, 1, b"x"),
    "a window of zero": PREFACE + SETTINGS + frame(8, 1, bytes(4)),
    "an upper stream opened by nobody": PREFACE + SETTINGS + frame(0, 0x7FFFFFFF, b"x" * 100),
}


class HostileBytesTest(BrokerTest):
    def connect(self, address):
        host, port = address.rsplit(":", 1)
        made = socket.create_connection((host, int(port)), timeout=60)
        self.addCleanup(made.close)
        return made

    def exchange(self, address, content):
        """What comes back until the other side closes; reset is closed as well."""
        with self.connect(address) as made:
            answer = b""
            try:
                made.sendall(content)
                made.shutdown(socket.SHUT_WR)
                while more := made.recv(1 << 16):
                    answer += more
            except TimeoutError:
                raise
            except OSError:  # reset while we still talk
                pass
            return answer

    def assert_serves(self):
        self.assertEqual(self.call(BUSES, "GetBus").bus.name, "default")
        self.assertEqual(http_get(self.broker.http + "/healthz")[0], 200)

    def test_the_grpc_door_survives_bytes_that_are_no_call(self):
        for what, content in NO_CALLS.items():
            with self.subTest(what):
                self.assertNotIn(b"pavane", self.exchange(self.broker.grpc, content))
                self.assert_serves()

    def test_the_http_door_survives_bytes_that_are_no_request(self):
        address = self.broker.http.removeprefix("http://")
        for what, content in {**NO_CALLS, "a header without end": b"GET /metrics HTTP/1.1\r\nX: " + b"x" * (1 << 20),
                              "many headers": b"GET /metrics HTTP/1.1\r\n" + b"A: b\r\n" * 10_000 + b"\r\n",
                              "a path of 64 KiB": b"GET /" + b"a" * (1 << 16) + b" HTTP/1.1\r\n\r\n",
                              "a negative length": b"GET /healthz HTTP/1.1\r\nContent-Length: -1\r\n\r\n"}.items():
            if what == "HTTP/1.1":
                continue
            with self.subTest(what):
                self.assertNotIn(b"pavane_", self.exchange(address, content))
                self.assert_serves()

    def test_half_open_connections_stop_nobody(self):
        for _ in range(200):
            self.connect(self.broker.grpc).sendall(PREFACE[:5])
        self.assert_serves()
        for _ in range(100):
            self.connect(self.broker.http.removeprefix("http://")).sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(http_get(self.broker.http + path)[0], 200)
        self.assertGreater(self.publish({"event": event("beside-half-open")})[0].sequence, 0)

    def test_a_call_with_huge_headers_is_refused(self):
        # Beyond some size gRPC ends the connection instead of the call; which of both is seen first is a matter of timing.
        codes = {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE}
        for metadata in ([("x-large", "v" * (1 << 15))], [(f"x-{i}", "v" * 100) for i in range(500)],
                         [("x-huge", "v" * (1 << 20))]):
            with grpc.insecure_channel(self.broker.grpc) as channel, self.assertRaises(grpc.RpcError) as refused:
                channel.unary_unary(f"/{PUBLISHER}/Publish", request_serializer=None,
                                    response_deserializer=None)(b"", metadata=metadata, timeout=20)
            self.assertIn(refused.exception.code(), codes, refused.exception.details())
        self.assert_serves()

    def test_a_call_that_does_not_exist_is_unimplemented(self):
        for path in (f"/{PUBLISHER}/Unpublish", "/pavane.v9.Nothing/At", "/", "/x"):
            with self.assertRaises(grpc.RpcError) as refused:
                self.broker.channel.unary_unary(path, request_serializer=None, response_deserializer=None)(b"", timeout=20)
            self.assertEqual(refused.exception.code(), grpc.StatusCode.UNIMPLEMENTED)
            self.assertEqual(refused.exception.details(), f"this broker has no method '{path}'")


if __name__ == "__main__":
    unittest.main()
