#!/usr/bin/env python3
"""A whole service in Python, with nothing but gRPC and the messages generated from proto/ (see README.md here).

    hello_service.py            greets whoever arrives, until ^C
    hello_service.py NAME       publishes that NAME has arrived
"""

import os
import queue
import signal
import sys
import uuid

import grpc

# The CloudEvents messages lie in the package `io.cloudevents`, and Python has an `io` already: it is lent the folder
# of ours, which is on PYTHONPATH.
import io
io.__path__ = [os.path.join(folder, 'io') for folder in sys.path]

from io.cloudevents.v1.cloudevents_pb2 import CloudEvent  # noqa: E402
from pavane.v1 import publisher_pb2, publisher_pb2_grpc  # noqa: E402
from pavane.v1 import subscriber_pb2, subscriber_pb2_grpc  # noqa: E402

ADDRESS = os.environ.get('PAVANE_GRPC_ADDRESS', '127.0.0.1:7440')
IN_FLIGHT = 100  # most deliveries that the broker may have handed over and we have not settled

OPEN = {
    'service': 'hello',
    'rule_set': {'version': 1, 'rules': [{'name': 'Arrived', 'pattern': '{"detail-type": ["Arrived"]}'}]},
    'credit': {'messages': IN_FLIGHT},
}


def make_event(event_type, source, subject, **fields):
    event = CloudEvent(source=source, spec_version='1.0', type=event_type, **fields)
    event.attributes['subject'].ce_string = subject
    return event


def greet(delivery):
    """What becomes of one delivery. The emitted event is appended in the same commit as the ack."""
    name = delivery.event.attributes['subject'].ce_string
    if not name:
        return {'reject': {'code': 'NO_NAME', 'message': 'the event has no subject'}}
    print(f'Hello, {name}! (attempt {delivery.attempt})', flush=True)
    # No id: the broker derives one from the delivery, so that a repeat emits the same event.
    return {'ack': {'emits': [{'event': make_event('Greeted', '/hello', name)}]}}


def serve(channel):
    """One stream, from which deliveries come and on which settlements and new credit go."""
    say = queue.SimpleQueue()
    say.put(subscriber_pb2.SubscribeRequest(open=OPEN))
    stream = subscriber_pb2_grpc.SubscriberServiceStub(channel).Subscribe(iter(say.get, None))
    # The last word, and then the end of ours: the broker ends the stream when all is settled.
    signal.signal(signal.SIGTERM, lambda *_: say.put(None))
    signal.signal(signal.SIGINT, lambda *_: say.put(None))
    for response in stream:
        deliveries = response.deliveries.deliveries
        if deliveries:
            say.put(subscriber_pb2.SubscribeRequest(settle={
                'settlements': [{'delivery_id': d.delivery_id, **greet(d)} for d in deliveries]}))
            say.put(subscriber_pb2.SubscribeRequest(credit={'messages': len(deliveries)}))
        for result in response.settle_results.results:
            if result.HasField('error'):
                print(f'not settled: {result.error.message}', file=sys.stderr)


def announce(channel, name):
    event = make_event('Arrived', '/door', name, id=str(uuid.uuid4()), text_data='{"by": "train"}')
    request = publisher_pb2.PublishRequest(entries=[{'event': event}])
    result = publisher_pb2_grpc.PublisherServiceStub(channel).Publish(request, timeout=10).results[0]
    if result.HasField('error'):
        sys.exit(f'refused: {result.error.message}')
    print(f'event {result.event_id} is number {result.sequence} on bus {result.bus}, '
          f'{result.matched_rules} rules matched')


def main():
    with grpc.insecure_channel(ADDRESS) as channel:
        try:
            announce(channel, sys.argv[1]) if len(sys.argv) > 1 else serve(channel)
        except grpc.RpcError as error:
            sys.exit(f'{ADDRESS}: {error.details()}')


if __name__ == '__main__':
    main()
