#!/usr/bin/env python3
"""The flight booking, end to end: five services, a broken one, a killed broker, nothing lost.

Starts a broker with its plugins on free ports and an empty data folder, and leaves nothing running. Exit code 0
only if every check of the reconciliation holds.
"""

import argparse
import fcntl
import os
import shutil
import signal
import sys
import threading
from collections import Counter

# gRPC's threads must not stop this process from starting others; read when grpc is imported.
os.environ['GRPC_ENABLE_FORK_SUPPORT'] = '0'

import grpc  # pylint: disable=wrong-import-position

import story
from broker import PLUGINS, ROOT, Broker, is_running
from customers import Customers, read_orders
from events import Ledger
from generated import generate
from reconcile import Reconciliation, rows
from screen import Screen
from sinks import MailSink, SmsSink
from waiting import DemoError, wait_until

DEFAULT_BOOKINGS = 300
QUICK_BOOKINGS = 60
SETTLE_SECONDS = 60
LIMIT_SECONDS = 300
THINK_SECONDS = 0.1  # between a customer's bookings, so that the kill finds some under way
BREAKDOWN = 'reject the ticket stock cannot be reached'


def parse_arguments():
    parser = argparse.ArgumentParser(prog='plugins/demo/run', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--bookings', type=int, help=f'how many [{DEFAULT_BOOKINGS}]')
    parser.add_argument('--quick', action='store_true', help=f'only {QUICK_BOOKINGS} bookings')
    parser.add_argument('--bin', default=os.path.join(ROOT, 'build', 'bin'), help='folder of the programs [build/bin]')
    parser.add_argument('--dir', default=os.path.relpath(os.path.join(ROOT, 'build', 'demo')),
                        help='folder for data and logs, emptied first [build/demo]')
    arguments = parser.parse_args()
    if arguments.bookings is None:
        arguments.bookings = QUICK_BOOKINGS if arguments.quick else DEFAULT_BOOKINGS
    if arguments.bookings < QUICK_BOOKINGS:
        parser.error(f'fewer than {QUICK_BOOKINGS} bookings have not enough mishaps to show')
    return arguments


class Demo:
    def __init__(self, arguments):
        self.screen = Screen()
        self.folder = os.path.abspath(arguments.dir)
        self._find_programs(arguments.bin)
        self._folder_lock = None
        orders = read_orders(arguments.bookings)
        third = len(orders) // 3
        self.morning, self.breakdown, self.rush = orders[:third], orders[third:2 * third], orders[2 * third:]
        self._empty_folder()
        generate(os.path.join(self.folder, 'python'))
        self.mail, self.sms = MailSink(), SmsSink()
        self.broker = Broker(os.path.abspath(arguments.bin), self.folder, self.mail.port, self.sms.port)
        self.customers = Customers(self.broker)
        self.ids = []
        self.failed_before = {}
        self.dead = []

    @staticmethod
    def _find_programs(folder):
        for name in ('pavaned', 'pavane', *(f'pavane-{plugin}' for plugin in PLUGINS)):
            if not os.access(os.path.join(folder, name), os.X_OK):
                raise DemoError(f'{os.path.join(folder, name)} is missing; `make build` makes it')

    def _empty_folder(self):
        os.makedirs(self.folder, exist_ok=True)
        # Held until this process ends; the folder itself stays, so that it means the same to all.
        self._folder_lock = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self._folder_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f'another demo is running in {self.folder}; give this one a --dir of its own') from None
        if os.listdir(self.folder) and 'pavaned.yaml' not in os.listdir(self.folder):
            raise DemoError(f'{self.folder} is not empty and not of an earlier demo; remove it or use --dir')
        for entry in os.scandir(self.folder):
            shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.remove(entry.path)

    def ledger(self):
        return Ledger(self.broker.channel())

    # What happens, chapter by chapter.

    def run(self):
        self.mail.start()
        self.sms.start()
        self.screen.title('Pavane: flight bookings as a dance of five services, without a conductor')
        self.open_for_business()
        self.book_in_the_morning()
        self.break_the_ticket_service()
        self.kill_the_broker()
        self.look_at_dead_letters()
        self.redrive()
        self.reconcile()
        self.tell_one_story()
        self.close_for_the_night()

    def start_broker(self):
        self.broker.start()
        wait_until('all five services to connect', lambda: set(PLUGINS) <= self.ledger().connected(), 30)
        try:
            grpc.channel_ready_future(self.broker.booking_channel()).result(timeout=30)
        except grpc.FutureTimeoutError:
            raise DemoError('the booking API did not answer for 30 s') from None

    def open_for_business(self):
        self.screen.chapter('A broker and five services')
        self.start_broker()
        self.screen.say(f'pavaned runs (pid {self.broker.pid}) and has started its plugins:')
        self.screen.table([(plugin.name, f'pid {plugin.pid}') for plugin in self.ledger().stats().plugins])
        self.screen.say('Nobody commands. Each service knows which events it waits for and what it emits.')

    def book_in_the_morning(self):
        self.screen.chapter(f'{len(self.morning)} customers book')
        self.ids += self.customers.book_all(self.morning)
        self.settle()
        self.show_bookings()

    def break_the_ticket_service(self):
        self.screen.chapter(f'The ticket service breaks, {len(self.breakdown)} more customers book')
        with open(self.broker.break_file, 'w', encoding='utf-8') as file:
            file.write(BREAKDOWN)
        self.ids += self.customers.book_all(self.breakdown)
        self.settle()
        os.remove(self.broker.break_file)
        self.show_bookings()
        dead = len(self.ledger().dead_letters())
        self.screen.check(dead > 0, 'what the ticket service rejected lies among the dead letters', dead)
        self.screen.say('The service is repaired, but its dead letters wait.')

    def kill_the_broker(self):
        self.screen.chapter(f'{len(self.rush)} more, and kill -9 in the middle of it')
        dead_before = len(self.ledger().dead_letters())
        self.failed_before = self.broker.failed_invocations()
        half = threading.Event()
        booked, errors = [], []

        def rush():
            try:
                booked.extend(self.customers.book_all(
                    self.rush, lambda done: half.set() if done >= len(self.rush) // 2 else None, THINK_SECONDS))
            except Exception as error:  # told by the main thread
                errors.append(error)
            half.set()

        thread = threading.Thread(target=rush)
        thread.start()
        half.wait(SETTLE_SECONDS)
        self._kill_and_restart()
        thread.join()
        if errors:
            raise DemoError(f'a customer gave up: {errors[0]}')
        self.ids += booked
        self.screen.say(f'The customers who were booking meanwhile had to ask {self.customers.retries} times more.')
        self.settle()
        self.show_bookings()
        self.screen.check(len(self.ledger().dead_letters()) >= dead_before, 'the dead letters are still there',
                          dead_before)

    def _kill_and_restart(self):
        plugin_pids = [plugin.pid for plugin in self.ledger().stats().plugins]
        pid = self.broker.pid
        self.broker.kill()
        self.screen.say(f'pavaned (pid {pid}) is gone with SIGKILL, in the middle of its work.')
        wait_until('the plugins to end with their broker', lambda: not any(map(is_running, plugin_pids)), 20)
        self.screen.say('Its five plugins ended with it. Starting it again, on the same data:')
        self.start_broker()
        self.screen.say(f'pavaned (pid {self.broker.pid}) and all five services are back.')

    def look_at_dead_letters(self):
        self.screen.chapter('The dead letters')
        dead = self.dead = self.ledger().dead_letters()
        groups = Counter((d.rule, d.event_type, d.error_code, d.error_message) for d in dead)
        self.screen.table([('LETTERS', 'RULE', 'CODE', 'REASON')] + [
            (count, rule, code, message) for (rule, _, code, message), count in sorted(groups.items())])
        failed = self.broker.failed_invocations()
        self.screen.say()
        self.screen.say('FailedInvocations, from /metrics:')
        self.screen.table([(f'{{rule="{rule}", target="{target}"}}', count)
                           for (rule, target), count in sorted(failed.items())])
        self.screen.check(sum(failed.values()) == len(dead), 'one failed invocation for each dead letter', len(dead))
        self.screen.check(all(failed.get(key, 0) >= count for key, count in self.failed_before.items()),
                          'the counts came through the kill')

    def redrive(self):
        self.screen.chapter('One command brings them back')
        self.screen.say(self.screen.paint('$ pavane dead-letter redrive --all', 'bold'))
        for line in self.broker.cli('dead-letter', 'redrive', '--all').splitlines():
            self.screen.say(f'  {line}')
        self.settle()
        self.show_bookings()

    def reconcile(self):
        self.screen.chapter('The reconciliation')
        bookings = self.customers.bookings()
        self.mail.wait_for(len(bookings), 20)
        Reconciliation(self.folder, bookings, self.ledger(), self.customers, self.mail, self.sms).run(
            self.screen, self.ids)

    def tell_one_story(self):
        ticketed = {b.flow_id: b for b in self.customers.bookings() if self.customers.state_name(b) == 'TICKETED'}
        flow = next((dead.correlation_id for dead in self.dead if dead.correlation_id in ticketed), None)
        if flow is None:
            raise DemoError('no redriven booking was ticketed')
        booking = ticketed[flow]
        self.screen.chapter(f'The story of booking {booking.booking_id}: {booking.passenger.name}, '
                            f'{booking.trip.flight} {getattr(booking.trip, "from")} to {booking.trip.to}')
        events = self.ledger().events(correlation_id=flow)
        lines = story.event_lines(events) + story.dead_letter_lines(
            [dead for dead in self.dead if dead.correlation_id == flow])
        self.screen.table(story.in_order(lines))
        to, subject = next(m for m in self.mail.mails.values() if booking.booking_id in m[1])
        self.screen.say(f'  and an e-mail to {to}: "{subject}"')

    # Helpers.

    def settle(self):
        """Until nothing is on its way: all outboxes empty, all queues empty, twice in a row."""
        ledger = self.ledger()
        calm = [0]

        def is_calm():
            stats = ledger.stats()
            unpublished = rows(self.folder, 'booking', 'SELECT COUNT(*) FROM outbox')[0][0]
            calm[0] = calm[0] + 1 if stats.queued == stats.in_flight == unpublished == 0 else 0
            return calm[0] >= 2

        wait_until('all queues to run empty', is_calm, SETTLE_SECONDS)

    def show_bookings(self):
        counts = Counter()
        for booking in self.customers.bookings():
            state = self.customers.state_name(booking)
            counts[f'cancelled ({self.customers.reason_name(booking)})' if state == 'CANCELLED' else state.lower()] += 1
        self.screen.say(f'{sum(counts.values())} bookings: '
                        + ', '.join(f'{count} {state}' for state, count in sorted(counts.items())))

    def close_for_the_night(self):
        self.screen.chapter('Closing time')
        pids = [plugin.pid for plugin in self.ledger().stats().plugins]
        code = self.broker.stop()
        self.screen.check(code == 0, 'the broker drained and ended in good order', f'exit code {code}')
        self.screen.check(not any(map(is_running, pids)), 'and its services with it')

    def stop(self):
        """Whatever happened: nothing is left running."""
        self.customers.leave()
        self.broker.stop()
        self.mail.stop()
        self.sms.stop()


class Ended(Exception):
    """A signal ends the demo; what was started is stopped first."""


def end(number, _):
    signal.signal(number, signal.SIG_DFL)  # the second one does not wait
    raise Ended(signal.Signals(number).name)


def give_up(*_):
    raise DemoError(f'not done within {LIMIT_SECONDS} s')


def explain(error):
    """One line, also of a failed call, whose own text is a page."""
    if isinstance(error, grpc.RpcError):
        return f'a call failed with {error.code().name}: {error.details()}'
    return str(error)


def play(arguments):
    """The demo from beginning to end. Its exit code."""
    demo = None
    try:
        demo = Demo(arguments)
        try:
            demo.run()
        finally:
            demo.stop()
    except Ended as signal_name:
        print(f'\ndemo: ended by {signal_name}; nothing is left running', file=sys.stderr)
        return 128 + getattr(signal, str(signal_name))
    except (DemoError, grpc.RpcError, OSError) as error:
        print(f'\ndemo: {explain(error)}', file=sys.stderr)
        if demo:
            demo.broker.show_log_end(sys.stderr)
        return 1
    if demo.screen.failures:
        print(f'\ndemo: {len(demo.screen.failures)} checks FAILED:', *demo.screen.failures, sep='\n  ', file=sys.stderr)
        demo.broker.show_log_end(sys.stderr)
        return 1
    print(f'\nAll of it holds, in {demo.screen.elapsed():.0f} s. Data, log and configuration are in '
          f'{arguments.dir}; docs/demo.md tells what you saw.')
    return 0


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LIMIT_SECONDS)
    return play(arguments)


if __name__ == '__main__':
    sys.exit(main())
