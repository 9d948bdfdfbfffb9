"""The customers: they book through booking's own API, and try again when nobody answers."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

from broker import HERE
from generated import load
from waiting import DemoError

AT_ONE_TIME = 8
PATIENCE_SECONDS = 60


def read_orders(count):
    with open(os.path.join(HERE, 'bookings.jsonl'), encoding='utf-8') as file:
        orders = [json.loads(line) for line in file]
    if count > len(orders):
        raise DemoError(f'bookings.jsonl has {len(orders)} bookings; make_bookings.py can make more')
    return orders[:count]


class Customers:
    def __init__(self, broker):
        self._broker = broker
        self._pb = load('booking_pb2')
        self._grpc = load('booking_pb2_grpc')
        self.retries = 0
        self.too_late = 0
        self._leaving = False

    def leave(self):
        """Nobody tries again from now on: the demo ends."""
        self._leaving = True

    def _stub(self):
        return self._grpc.BookingServiceStub(self._broker.booking_channel())

    def _call(self, method, request):
        """A call that survives the broker's death: the request id makes a repeat harmless."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return getattr(self._stub(), method)(request, timeout=10, wait_for_ready=True)
            except (grpc.RpcError, ValueError) as error:  # ValueError: the channel was closed under us
                passing = isinstance(error, ValueError) or error.code() in (
                    grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
                if not passing or self._leaving or time.monotonic() > deadline:
                    raise
                self.retries += 1

    def book(self, order):
        request = self._pb.CreateBookingRequest(
            request_id=order['request_id'], amount_cents=order['amount_cents'], currency=order['currency'])
        for field, name in (('passenger', 'Passenger'), ('trip', 'Trip'), ('card', 'Card')):
            getattr(request, field).CopyFrom(getattr(self._pb, name)(**order[field]))
        booking = self._call('CreateBooking', request).booking
        if order.get('changes_mind'):
            self._cancel(booking.booking_id)
        return booking.booking_id

    def _cancel(self, booking_id):
        try:
            self._call('CancelBooking', self._pb.CancelBookingRequest(booking_id=booking_id))
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.FAILED_PRECONDITION:
                raise
            self.too_late += 1  # the ticket was faster

    def book_all(self, orders, progress=None, think_seconds=0.0):
        """Books in parallel; the booking ids in the order of `orders`. Calls progress(done) after each."""
        def think_and_book(order):
            time.sleep(think_seconds)
            return self.book(order)

        ids = []
        pool = ThreadPoolExecutor(AT_ONE_TIME)
        try:
            for booking_id in pool.map(think_and_book, orders):
                ids.append(booking_id)
                if progress:
                    progress(len(ids))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return ids

    def bookings(self):
        """All bookings there are."""
        found, token = [], ''
        while True:
            answer = self._call('ListBookings', self._pb.ListBookingsRequest(page_size=500, page_token=token))
            found += answer.bookings
            token = answer.next_page_token
            if not token:
                return found

    def state_name(self, booking):
        return self._pb.BookingState.Name(booking.state)

    def reason_name(self, booking):
        return self._pb.CancelReason.Name(booking.cancel_reason).lower()

    def is_final(self, booking):
        return booking.state in (self._pb.TICKETED, self._pb.CANCELLED)
