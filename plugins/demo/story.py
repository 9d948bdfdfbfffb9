"""One flow, told in order: its events, each with its cause, and the deliveries that were given up in between."""

from reconcile import data_of

# What is worth telling of an event's data.
_DETAILS = {
    'BookingCreated': lambda data: f'{data["amount_cents"] / 100:,.2f} {data["currency"]}, {data["trip"]["cabin"]}',
    'PaymentConfirmed': lambda data: f'{data["amount_cents"] / 100:,.2f} {data["currency"]}',
    'SeatAssigned': lambda data: data['seat'],
    'TicketIssued': lambda data: data['ticket_number'],
}


def event_lines(events):
    """(time, what, detail, cause) of each stored event."""
    types = {stored.sequence: stored.event.type for stored in events}
    lines = []
    for stored in events:
        kind = stored.event.type
        cause = types.get(stored.cause.sequence) if stored.HasField('cause') else None
        detail = _DETAILS[kind](data_of(stored)) if kind in _DETAILS else ''
        lines.append((stored.accepted_at.ToDatetime(), f'#{stored.sequence}', f'{stored.event.source[1:]}: {kind}', detail,
                      f'because of {cause}' if cause else 'because a customer asked'))
    return lines


def dead_letter_lines(letters):
    return [(dead.dead_at.ToDatetime(), 'failed', f'{dead.target_address.split(":")[-1]} refused {dead.event_type}', '',
             dead.error_message) for dead in letters]


def in_order(lines):
    """Sorted by time, which is shown from the first line on."""
    lines = sorted(lines)
    start = lines[0][0]
    return [(f'+{(line[0] - start).total_seconds():.3f} s', *line[1:]) for line in lines]
