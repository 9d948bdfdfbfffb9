"""The reconciliation must be able to fail: books that agree pass, and each thing that can go wrong is seen."""

import contextlib
import io
import json
import os
import sqlite3
import tempfile
import unittest
from types import SimpleNamespace

from reconcile import Reconciliation
from screen import Screen

STATES = {'B1': 'TICKETED', 'B2': 'TICKETED', 'B3': 'CANCELLED', 'B4': 'CANCELLED'}


class World:
    """Four bookings: two ticketed, one declined, one without a seat and refunded. Tests change one thing in it."""

    def __init__(self, folder):
        self.folder = folder
        self.bookings = {i: self._booking(i) for i in STATES}
        self.ordered = list(STATES)
        self.events = [('PaymentFailed', 'B3'), ('TicketIssued', 'B1'), ('SeatUnavailable', 'B4'), ('TicketIssued', 'B2'),
                       ('PaymentRefunded', 'B4'), ('BookingCancelled', 'B3'), ('BookingCancelled', 'B4')]
        self.tickets = [('B1', 'T-1'), ('B2', 'T-2')]
        self.seats = [('PV1', '2026-12-18', '1A', 'B1'), ('PV1', '2026-12-18', '1B', 'B2')]
        self.ledger_rows = [('CAPTURE', 100), ('CAPTURE', 100), ('CAPTURE', 100), ('REFUND', 100)]
        self.mails = {f'<{i}>': (f'{i}@example.org', 'Your ticket' if state == 'TICKETED' else 'Booking is cancelled')
                      for i, state in STATES.items()}
        self.texts = 2
        self.dead_letters = 0
        self.queued = 0

    @staticmethod
    def _booking(booking_id):
        seat = {'B1': '1A', 'B2': '1B'}.get(booking_id, '')
        return SimpleNamespace(
            booking_id=booking_id, state=STATES[booking_id], seat=seat, amount_cents=100,
            trip=SimpleNamespace(flight='PV1', date='2026-12-18'),
            passenger=SimpleNamespace(email=f'{booking_id}@example.org'))

    def _write(self, name, table, columns, rows):
        with contextlib.closing(sqlite3.connect(os.path.join(self.folder, f'{name}.db'))) as database, database:
            database.execute(f'CREATE TABLE {table} ({columns})')
            marks = ', '.join('?' * len(columns.split(',')))
            database.executemany(f'INSERT INTO {table} VALUES ({marks})', rows)

    def _events_of(self, **selection):
        return [SimpleNamespace(sequence=place, event=SimpleNamespace(
            text_data=json.dumps({'booking_id': booking}), binary_data=b''))
            for place, (kind, booking) in enumerate(self.events, 1) if kind == selection['type']]

    def failures(self):
        """What the reconciliation finds wrong."""
        self._write('ticket', 'tickets', 'booking_id, number', self.tickets)
        self._write('seat', 'seats', 'flight, date, seat, booking_id', self.seats)
        self._write('payment', 'ledger', 'kind, amount_cents', self.ledger_rows)
        customers = SimpleNamespace(state_name=lambda b: b.state, is_final=lambda b: b.state in ('TICKETED', 'CANCELLED'))
        ledger = SimpleNamespace(
            events=self._events_of, last_sequence=lambda: len(self.events),
            stats=lambda: SimpleNamespace(queued=self.queued, in_flight=0, dead_letters=self.dead_letters))
        mail = SimpleNamespace(mails=self.mails, received=len(self.mails))
        sms = SimpleNamespace(messages=dict.fromkeys(range(self.texts)))
        screen = Screen()
        with contextlib.redirect_stdout(io.StringIO()):
            Reconciliation(self.folder, self.bookings.values(), ledger, customers, mail, sms).run(screen, self.ordered)
        return screen.failures


class ReconcileTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.world = World(folder.name)

    def sees(self, *parts):
        """One failed check for each part, and no other."""
        failures = self.world.failures()
        self.assertEqual(len(failures), len(parts), failures)
        for part in parts:
            self.assertTrue(any(part in failure for failure in failures), (part, failures))

    def test_books_that_agree(self):
        self.sees()

    def test_a_lost_order(self):
        self.world.ordered.append('B5')
        self.sees('every order became')

    def test_an_order_booked_twice(self):
        self.world.ordered.append('B1')
        self.sees('every order became')

    def test_a_booking_without_an_end(self):
        booking = self.world.bookings['B3']
        booking.state = 'PENDING'
        self.sees('final state')

    def test_two_ends(self):
        self.world.events.append(('TicketIssued', 'B3'))
        self.sees('in one only')

    def test_an_end_told_twice(self):
        self.world.events.append(('BookingCancelled', 'B4'))
        self.sees('in one only')

    def test_an_end_never_told(self):
        self.world.events.remove(('BookingCancelled', 'B4'))
        self.sees('in one only')

    def test_cancelled_before_the_refund(self):
        events = self.world.events
        events.remove(('PaymentRefunded', 'B4'))
        events.append(('PaymentRefunded', 'B4'))
        self.sees('before its money')

    def test_a_lost_ticket(self):
        self.world.tickets.pop()
        self.sees('has one ticket')

    def test_a_ticket_number_twice(self):
        self.world.tickets[1] = ('B2', 'T-1')
        self.sees('has one ticket')

    def test_a_seat_given_twice(self):
        self.world.bookings['B2'].seat = '1A'
        self.sees('seat was given twice')

    def test_a_seat_held_for_nobody(self):
        self.world.seats.append(('PV1', '2026-12-18', '1C', 'B4'))
        self.sees('seat was given twice')

    def test_money_taken_and_kept(self):
        self.world.ledger_rows.pop()
        self.sees('money captured')

    def test_a_lost_email(self):
        self.world.mails.popitem()
        self.sees('one e-mail')

    def test_an_email_too_many(self):
        self.world.mails['<again>'] = ('B1@example.org', 'Your ticket')
        self.sees('one e-mail')

    def test_a_lost_text_message(self):
        self.world.texts -= 1
        self.sees('one text message')

    def test_a_dead_letter_left(self):
        self.world.dead_letters = 1
        self.sees('nothing left')

    def test_a_delivery_left(self):
        self.world.queued = 1
        self.sees('nothing left')


if __name__ == '__main__':
    unittest.main()
