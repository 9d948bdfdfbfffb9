"""The far ends: a mail server and an SMS gateway on loopback ports that keep what they get."""

import email
import email.policy
import http.server
import json
import socket
import threading

from aiosmtpd.controller import Controller


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class MailSink:
    """Accepts every e-mail. `mails` maps a Message-ID to (recipient, subject); `received` counts all."""

    def __init__(self):
        self.mails = {}
        self.received = 0
        self._more = threading.Condition()
        self.port = free_port()
        self._controller = Controller(self, hostname='127.0.0.1', port=self.port, ready_timeout=30)

    def start(self):
        self._controller.start()

    def stop(self):
        if self._controller.server:
            self._controller.stop()

    async def handle_DATA(self, _server, _session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self._more:
            self.received += 1
            self.mails.setdefault(message['Message-ID'].strip(), (envelope.rcpt_tos[0], str(message['Subject'])))
            self._more.notify_all()
        return '250 queued'

    def wait_for(self, count, seconds):
        """Until there are so many e-mails; what is missing then is the reconciliation's to tell."""
        with self._more:
            self._more.wait_for(lambda: len(self.mails) >= count, seconds)


class SmsSink:
    """Answers 200 to every text message. `messages` maps an idempotency key to (recipient, text)."""

    def __init__(self):
        self.messages = {}
        self.received = 0
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                sink._take(self.headers['Idempotency-Key'], body)
                self.send_response(200)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        self._lock = threading.Lock()
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self):
        self._thread.start()

    @property
    def port(self):
        return self._server.server_address[1]

    def stop(self):
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _take(self, key, body):
        with self._lock:
            self.received += 1
            self.messages.setdefault(key, (body['to'], body['text']))
