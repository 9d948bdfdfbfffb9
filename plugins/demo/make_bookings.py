#!/usr/bin/env python3
"""Writes bookings.jsonl: orders with real airports, and every tenth or so with something wrong.

    ./make_bookings.py > bookings.jsonl

The seed is fixed and the odd ones sit at fixed places of every sixty lines, so that any piece of the file has
its share of declined cards, full cabins and customers who change their mind.
"""

import json
import random

SEED = 20261123
COUNT = 400

# Flight, from, to, price in euros.
ROUTES = (
    ('PV101', 'LIS', 'FRA', 189),
    ('PV118', 'FRA', 'ARN', 164),
    ('PV204', 'CDG', 'VIE', 142),
    ('PV233', 'ATH', 'ZRH', 205),
    ('PV310', 'MAD', 'CPH', 171),
    ('PV347', 'DUB', 'AMS', 118),
    ('PV412', 'FCO', 'HEL', 213),
    ('PV501', 'WAW', 'BCN', 156),
    ('PV566', 'OSL', 'PRG', 133),
    ('PV701', 'FRA', 'JFK', 612),
    ('PV725', 'LIS', 'GRU', 684),
)
# Its business cabin has six seats a day.
SMALL = ('PV470', 'LUX', 'NCE', 176)
DAYS = ('2026-12-18', '2026-12-19', '2026-12-20')

GIVEN = ('Ada', 'Aino', 'Björn', 'Camille', 'Dmitri', 'Elif', 'Fatima', 'Giulia', 'Håkon', 'Ines', 'Jürgen', 'Kateřina',
         'Liam', 'Małgorzata', 'Nikos', 'Oisín', 'Priya', 'Quentin', 'Rosa', 'Søren', 'Tomás', 'Ulla', 'Viktor',
         'Wanjiru', 'Xenia', 'Yusuf', 'Zoë')
FAMILY = ('Almeida', 'Bergström', 'Costa', 'Dubois', 'Eriksen', 'Fischer', 'García', 'Horvat', 'Ivanova', 'Jansen',
          'Kowalska', 'Lindqvist', 'Moreau', 'Novák', "O'Brien", 'Papadopoulos', 'Quist', 'Rossi', 'Schneider', 'Tamm',
          'Ünal', 'Virtanen', 'Weiß', 'Yıldız', 'Zimmermann')

# What the payment service refuses, by place in sixty.
BAD_CARDS = {
    5: '4000000000000002',   # the bank declines
    19: '4000000000009995',  # no funds
    31: '4242424242424241',  # a mistyped digit
    43: '4000000000009987',  # reported lost
}
EXPIRED = 53
OVER_LIMIT = 59
SMALL_CABIN = {2, 9, 14, 22, 27, 34, 38, 46, 51, 56}
CHANGES_MIND = {17, 48}


def luhn_digit(digits):
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def good_card(rng):
    digits = rng.choice(('4242', '5105', '4539')) + ''.join(rng.choices('0123456789', k=11))
    return digits + luhn_digit(digits)


def passenger(rng, number):
    name = f'{rng.choice(GIVEN)} {rng.choice(FAMILY)}'
    return {'name': name, 'email': f'passenger{number:03}@example.org',
            'phone': f'+4477009{number % 100000:05}'}


def trip(rng, place):
    if place in SMALL_CABIN:
        flight, origin, destination, price = SMALL
        cabin, day = 'business', DAYS[0]
    else:
        flight, origin, destination, price = rng.choice(ROUTES)
        cabin, day = rng.choice(('economy',) * 6 + ('business',)), rng.choice(DAYS)
    cents = price * 100 * (3 if cabin == 'business' else 1) + rng.randrange(0, 4000, 50)
    return {'flight': flight, 'date': day, 'from': origin, 'to': destination, 'cabin': cabin,
            'seat_preference': rng.choice(('window', 'window', 'aisle', ''))}, cents


def booking(rng, number):
    place = number % 60
    flight, cents = trip(rng, place)
    who = passenger(rng, number)
    order = {
        'request_id': f'order-{number:04}',
        'passenger': who,
        'trip': flight,
        'amount_cents': 3_000_000 if place == OVER_LIMIT else cents,
        'currency': 'EUR',
        'card': {'number': BAD_CARDS.get(place, good_card(rng)),
                 'expiry': '03/24' if place == EXPIRED else '11/29', 'holder': who['name']},
    }
    if place in CHANGES_MIND:
        order['changes_mind'] = True
    return order


def main():
    rng = random.Random(SEED)
    for number in range(COUNT):
        print(json.dumps(booking(rng, number), ensure_ascii=False))


if __name__ == '__main__':
    main()
