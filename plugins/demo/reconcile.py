"""The reconciliation: do the books of five services agree with each other and with the broker?"""

import json
import os
import sqlite3
from collections import Counter, defaultdict

ENDS = ('TicketIssued', 'BookingCancelled')


def rows(folder, name, query):
    """Reads one service's own data file."""
    with sqlite3.connect(f'file:{os.path.join(folder, name)}.db?mode=ro', uri=True, timeout=30) as database:
        return database.execute(query).fetchall()


def data_of(stored):
    event = stored.event
    return json.loads(event.text_data or event.binary_data or b'{}')


def by_booking(events):
    grouped = defaultdict(list)
    for stored in events:
        grouped[data_of(stored)['booking_id']].append(stored)
    return grouped


class Reconciliation:
    def __init__(self, folder, bookings, ledger, customers, mail, sms):
        self._folder = folder
        self._bookings = {booking.booking_id: booking for booking in bookings}
        self._customers = customers
        self._mail = mail
        self._sms = sms
        self._ledger = ledger
        self._log = {kind: by_booking(ledger.events(type=kind)) for kind in ENDS + (
            'PaymentRefunded', 'PaymentFailed', 'SeatUnavailable')}
        self._ticketed = {i for i, b in self._bookings.items() if customers.state_name(b) == 'TICKETED'}

    def run(self, screen, ordered):
        self._check_bookings(screen, ordered)
        self._check_tickets_and_seats(screen)
        self._check_money(screen)
        self._check_messages(screen)
        self._check_broker(screen)

    def _check_bookings(self, screen, ordered):
        screen.check(set(self._bookings) == set(ordered) and len(ordered) == len(set(ordered)),
                     'every order became exactly one booking', len(self._bookings))
        final = [b for b in self._bookings.values() if self._customers.is_final(b)]
        screen.check(len(final) == len(self._bookings), 'every booking ended in a final state',
                     f'{len(self._ticketed)} ticketed, {len(final) - len(self._ticketed)} cancelled')
        ends = {i: [kind for kind in ENDS for _ in self._log[kind][i]] for i in self._bookings}
        expected = {i: ['TicketIssued' if i in self._ticketed else 'BookingCancelled'] for i in self._bookings}
        screen.check(ends == expected, 'and in one only: one TicketIssued or one BookingCancelled each')
        late = [i for i, refunds in self._log['PaymentRefunded'].items()
                if any(refunds[0].sequence > end.sequence for end in self._log['BookingCancelled'][i])]
        screen.check(not late, 'no booking was cancelled before its money was back',
                     f'{len(self._log["PaymentRefunded"])} refunds')

    def _check_tickets_and_seats(self, screen):
        tickets = rows(self._folder, 'ticket', 'SELECT booking_id, number FROM tickets')
        screen.check({i for i, _ in tickets} == self._ticketed and len({n for _, n in tickets}) == len(tickets),
                     'each ticketed booking has one ticket, with a number of its own', len(tickets))
        seats = rows(self._folder, 'seat', 'SELECT flight, date, seat, booking_id FROM seats')
        flown = [(b.trip.flight, b.trip.date, b.seat) for i, b in self._bookings.items() if i in self._ticketed]
        screen.check(len(set(flown)) == len(flown) and set(flown) == {seat[:3] for seat in seats}
                     and {seat[3] for seat in seats} == self._ticketed,
                     'no seat was given twice, none is held for nobody', len(seats))

    def _check_money(self, screen):
        moved = dict(rows(self._folder, 'payment', 'SELECT kind, SUM(amount_cents) FROM ledger GROUP BY kind'))
        captured, refunded = moved.get('CAPTURE', 0), moved.get('REFUND', 0)
        earned = sum(self._bookings[i].amount_cents for i in self._ticketed)
        screen.check(captured - refunded == earned, 'money captured minus refunded equals the tickets',
                     f'{captured / 100:,.2f} - {refunded / 100:,.2f} = {earned / 100:,.2f} EUR')

    def _check_messages(self, screen):
        wanted = Counter()
        for booking_id, booking in self._bookings.items():
            kind = 'ticket' if booking_id in self._ticketed else 'cancellation'
            wanted[booking.passenger.email, kind] += 1
        got = Counter((to, 'ticket' if subject.startswith('Your ticket') else 'cancellation')
                      for to, subject in self._mail.mails.values())
        again = self._mail.received - len(self._mail.mails)
        screen.check(got == wanted, 'one e-mail for each outcome, each with a Message-ID of its own',
                     f'{len(self._mail.mails)}' + (f', {again} sent again under the same one' if again else ''))
        texts = sum(len(self._log[kind]) for kind in ('PaymentFailed', 'SeatUnavailable'))
        screen.check(len(self._sms.messages) == texts, 'one text message for each declined card and missing seat',
                     len(self._sms.messages))

    def _check_broker(self, screen):
        stats = self._ledger.stats()
        screen.check(stats.queued == 0 and stats.in_flight == 0 and stats.dead_letters == 0,
                     'the broker has nothing left to deliver, no dead letter is left',
                     f'{self._ledger.last_sequence()} events')
