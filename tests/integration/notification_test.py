"""The notification plugin against a real broker, a real SMTP conversation with STARTTLS and AUTH, and a real HTTP gateway."""

import email
import email.policy
import http.server
import json
import os
import pathlib
import queue
import ssl
import subprocess
import tempfile
import threading
import unittest

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from running_broker import PAVANED, Broker, Protocol, await_true, free_port

NOTIFICATION = os.path.join(os.path.dirname(PAVANED), "pavane-notification")

LIMIT = 30.0

TEMPLATES = """
version: 1
templates:
  - name: greeting
    event: "Greeting*"
    channel: email
    to: "{{to}}"
    subject: "Grüße an {{name}}"
    text: "Hello {{name}},\\n.\\nbye"
  - name: alarm
    event: Alarm
    channel: sms
    to: "{{phone}}"
    text: "{{text}}"
"""


class MailServer:
    """Speaks STARTTLS and wants a password. `replies` holds answers to the next RCPT commands; "" accepts.

    `mails` is a queue of what was accepted.
    """

    def __init__(self, folder):
        self.certificate = str(folder / "certificate.pem")
        key = str(folder / "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=mail", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", self.certificate],
            check=True, capture_output=True)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, key)
        self.port = free_port()
        self.replies = []
        self.mails = queue.Queue()
        self.encrypted = []
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=context, require_starttls=True, auth_required=True,
            authenticator=self._check, ready_timeout=30)
        self._controller.start()

    def stop(self):
        self._controller.stop()

    @staticmethod
    def _check(_server, _session, _envelope, _mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"air", b"secret"), handled=False)

    async def handle_RCPT(self, _server, session, envelope, address, _options):
        reply = self.replies.pop(0) if self.replies else ""
        if not reply:
            envelope.rcpt_tos.append(address)
        self.encrypted.append(session.ssl is not None)
        return reply or "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.put(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 queued"


class Gateway:
    """`statuses` holds the next answers, then 200. `requests` is a queue of (key, body) of each request."""

    def __init__(self):
        self.statuses = []
        self.requests = queue.Queue()
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.requests.put((self.headers["Idempotency-Key"], body))
                self.send_response(gateway.statuses.pop(0) if gateway.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class NotificationTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.protocol = Protocol()
        self.mail = MailServer(self.folder)
        self.addCleanup(self.mail.stop)
        self.gateway = Gateway()
        self.addCleanup(self.gateway.stop)
        self.broker = Broker(self.folder)
        self.addCleanup(lambda: self.broker.kill())

    def start_notification(self, password="secret"):
        templates = self.folder / "templates.yaml"
        templates.write_text(TEMPLATES)
        command = [
            NOTIFICATION, "--grpc-address", self.broker.grpc, "--data-file", str(self.folder / "notification.db"),
            "--templates", str(templates), "--smtp-url", f"smtp://127.0.0.1:{self.mail.port}", "--smtp-tls", "required",
            "--smtp-ca-file", self.mail.certificate, "--smtp-user", "air", "--smtp-sender", "Pavane <air@example.org>",
            "--message-id-domain", "example.org", "--sms-url", f"http://127.0.0.1:{self.gateway.port}/messages"]
        self.log = open(self.folder / "notification.log", "ab")
        self.addCleanup(self.log.close)
        process = subprocess.Popen(command, env={**os.environ, "SMTP_PASSWORD": password}, stdout=self.log, stderr=self.log)
        self.addCleanup(self.end, process)
        self.broker.await_instance(self.protocol, "notification")
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.terminate()
        return process.wait(timeout=60)

    def call(self, service, method, **fields):
        return self.protocol.call(self.broker.channel, service, method, **fields)

    def publish(self, event_id, kind, data):
        event = {"id": event_id, "source": "/test", "spec_version": "1.0", "type": kind, "text_data": json.dumps(data)}
        results = self.call("pavane.v1.PublisherService", "Publish", entries=[{"event": event}]).results
        self.assertEqual((results[0].matched_rules, results[0].error.message), (1, ""))

    def dead_letters(self):
        return self.call("pavane.admin.v1.DeadLetterAdmin", "ListDeadLetters").dead_letters

    def test_an_email_goes_out_encrypted_and_authenticated(self):
        process = self.start_notification()
        self.publish("e1", "GreetingSent", {"to": "ada@example.org", "name": "Zoë"})
        mail = self.mail.mails.get(timeout=LIMIT)
        self.assertEqual(mail["To"], "ada@example.org")
        self.assertEqual(mail["From"], "Pavane <air@example.org>")
        self.assertEqual(mail["Subject"], "Grüße an Zoë")
        self.assertEqual(mail.get_content().replace("\r\n", "\n"), "Hello Zoë,\n.\nbye\n")
        self.assertRegex(mail["Message-ID"], r"^<[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f-]{21}@example.org>$")
        self.assertTrue(all(self.mail.encrypted))
        self.assertEqual(self.end(process), 0)

    def test_a_refusal_for_good_is_a_dead_letter_with_the_servers_words(self):
        self.start_notification()
        self.mail.replies = ["550 5.1.1 no such user"]
        self.publish("e1", "GreetingSent", {"to": "nobody@example.org", "name": "N"})
        letters = await_true(self.dead_letters, what="the dead letter")
        self.assertEqual(letters[0].error_code, "SMTP_REFUSED")
        self.assertIn("550 5.1.1 no such user", letters[0].error_message)
        self.assertTrue(self.mail.mails.empty())

    def test_a_temporary_refusal_is_tried_again(self):
        self.start_notification()
        self.mail.replies = ["451 4.3.0 later", "450 4.2.1 busy"]
        self.publish("e1", "GreetingSent", {"to": "ada@example.org", "name": "A"})
        self.mail.mails.get(timeout=LIMIT)
        self.assertEqual(len(self.mail.encrypted), 3)
        self.assertEqual(len(self.dead_letters()), 0)

    def test_a_wrong_password_waits_for_the_operator(self):
        process = self.start_notification(password="wrong")
        self.publish("e1", "GreetingSent", {"to": "ada@example.org", "name": "A"})
        await_true(lambda: "SMTP_UNAVAILABLE" in (self.folder / "notification.log").read_text(), what="the nack")
        self.assertEqual(self.end(process), 0)
        self.start_notification()
        self.mail.mails.get(timeout=LIMIT)
        self.assertEqual(len(self.dead_letters()), 0)

    def test_a_text_message_is_repeated_under_the_same_key(self):
        self.start_notification()
        self.gateway.statuses = [503]
        self.publish("e1", "Alarm", {"phone": "+4420", "text": "now"})
        first, second = (self.gateway.requests.get(timeout=LIMIT) for _ in range(2))
        self.assertEqual(first, second)
        self.assertEqual(first[1], {"to": "+4420", "text": "now"})

    def test_an_event_that_does_not_fill_the_template_is_a_dead_letter(self):
        self.start_notification()
        self.publish("e1", "Alarm", {"phone": "+4420"})
        letters = await_true(self.dead_letters, what="the dead letter")
        self.assertEqual(letters[0].error_code, "TEMPLATE_NOT_FILLED")
        self.assertIn("{{text}}", letters[0].error_message)
        self.assertTrue(self.gateway.requests.empty())


if __name__ == "__main__":
    unittest.main()
