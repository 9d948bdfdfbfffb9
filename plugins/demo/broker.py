"""The broker under demonstration: its process, its configuration, its doors."""

import json
import os
import re
import signal
import subprocess
import urllib.request

import grpc

from sinks import free_port
from waiting import DemoError, wait_until

# SIGTERM for the broker when this demo ends, however it ends. Not done by a function between fork and exec: a fork
# of a process with gRPC channels may wait for gRPC's threads for ever.
END_WITH_DEMO = ('setpriv', '--pdeathsig', 'TERM')
PLUGINS = ('booking', 'payment', 'seat', 'ticket', 'notification')
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def is_running(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


class Broker:
    """Started, killed and started again on one data directory. Its plugins are its children."""

    def __init__(self, bin_folder, folder, smtp_port, sms_port):
        self.bin = bin_folder
        self.folder = folder
        self.booking_port = free_port()
        self.break_file = os.path.join(folder, 'ticket-is-broken')
        self._ports_file = os.path.join(folder, 'ports.json')
        self._config_file = os.path.join(folder, 'pavaned.yaml')
        self.log_file = os.path.join(folder, 'pavaned.log')
        self._process = None
        self._channels = {}
        self.ports = {}
        self._write_config(smtp_port, sms_port)

    def _command(self, name, *options):
        return [os.path.join(self.bin, f'pavane-{name}'), '--data-file', os.path.join(self.folder, f'{name}.db'),
                *options]

    def _write_config(self, smtp_port, sms_port):
        templates = os.path.join(ROOT, 'plugins', 'notification', 'templates.yaml')
        commands = {
            'booking': self._command('booking', '--listen', f'127.0.0.1:{self.booking_port}'),
            'payment': self._command('payment'),
            'seat': self._command('seat', '--seat-map', os.path.join(HERE, 'seat_map.yaml')),
            'ticket': self._command('ticket', '--break-file', self.break_file),
            'notification': self._command('notification', '--templates', templates,
                                          '--smtp-url', f'smtp://127.0.0.1:{smtp_port}',
                                          '--smtp-sender', 'Pavane Air <bookings@pavane.example>',
                                          '--message-id-domain', 'pavane.example',
                                          '--sms-url', f'http://127.0.0.1:{sms_port}/messages'),
        }
        config = {
            'data_dir': os.path.join(self.folder, 'data'),
            'ports_file': self._ports_file,
            'grpc': {'listen': ['127.0.0.1:0']},
            'http': {'listen': '127.0.0.1:0'},
            'plugins': [{'name': name, 'command': commands[name]} for name in PLUGINS],
        }
        with open(self._config_file, 'w', encoding='utf-8') as file:
            json.dump(config, file, indent=2)  # JSON is YAML

    def start(self):
        """Starts the broker and waits until all services are connected."""
        if os.path.exists(self._ports_file):
            os.remove(self._ports_file)
        with open(self.log_file, 'ab') as log:
            self._process = subprocess.Popen([*END_WITH_DEMO, os.path.join(self.bin, 'pavaned'),
                                              '--config', self._config_file],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.ports = wait_until('the broker to open its ports', self._read_ports, 30)
        self._channels = {}
        wait_until('the broker to be ready', self._is_ready, 30)

    def _read_ports(self):
        if self._process.poll() is not None:
            raise DemoError(f'the broker ended with exit code {self._process.returncode}')
        try:
            with open(self._ports_file, encoding='utf-8') as file:
                ports = json.load(file)
        except (OSError, ValueError):
            return None
        return ports if ports.get('pid') == self._process.pid else None

    def _is_ready(self):
        try:
            with urllib.request.urlopen(f'http://{self.ports["http"]}/readyz', timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    @property
    def pid(self):
        return self._process.pid

    def kill(self):
        """SIGKILL: no goodbye, no flush."""
        self._close_channels()
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=30)

    def stop(self):
        """SIGTERM, and SIGKILL if that does not end it. The exit code, None if it was not running."""
        self._close_channels()
        if self._process is None or self._process.poll() is not None:
            return None
        self._process.terminate()
        try:
            return self._process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=30)
            return -9

    def show_log_end(self, out, lines=10):
        """The last warnings and errors of broker and plugins, which tell most failures."""
        try:
            with open(self.log_file, encoding='utf-8', errors='replace') as file:
                told = [line for line in file if re.search(r'\b(warning|error|critical)\b', line, re.IGNORECASE)]
        except OSError:
            return
        print(f'demo: the log is {self.log_file}' + ('; its last warnings:' if told else ''), file=out)
        for line in told[-lines:]:
            print('  ' + line.rstrip()[:300], file=out)

    def _close_channels(self):
        for channel in self._channels.values():
            channel.close()
        self._channels = {}

    def channel(self):
        return self._channel_to(self.ports['grpc'])

    def booking_channel(self):
        return self._channel_to(f'127.0.0.1:{self.booking_port}')

    def _channel_to(self, address):
        if address not in self._channels:
            options = [('grpc.initial_reconnect_backoff_ms', 100), ('grpc.max_reconnect_backoff_ms', 500),
                       ('grpc.min_reconnect_backoff_ms', 100)]
            self._channels[address] = grpc.insecure_channel(address, options=options)
        return self._channels[address]

    def failed_invocations(self):
        """FailedInvocations from /metrics: {(rule, target): count}, the zeros left out."""
        with urllib.request.urlopen(f'http://{self.ports["http"]}/metrics', timeout=10) as answer:
            text = answer.read().decode()
        counts = {}
        for labels, value in re.findall(r'^FailedInvocations\{([^}]*)\} (\S+)$', text, re.MULTILINE):
            label = dict(re.findall(r'(\w+)="([^"]*)"', labels))
            if float(value) > 0:
                counts[label['rule'], label['target']] = int(float(value))
        return counts

    def cli(self, *arguments):
        """Runs the command-line client; its output."""
        command = [os.path.join(self.bin, 'pavane'), *arguments]
        environment = {**os.environ, 'PAVANE_GRPC_ADDRESS': self.ports['grpc'], 'PAVANE_ADDRESS': self.ports['grpc']}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise DemoError(f'`pavane {" ".join(arguments)}` failed: {done.stderr.strip() or done.stdout.strip()}')
        return done.stdout.strip()
