"""What the broker's admin services tell: events, dead letters, queues."""

from generated import load

PAGE = 500


class Ledger:
    """Reads of one running broker."""

    def __init__(self, channel):
        self._event_pb = load('pavane.admin.v1.event_pb2')
        self._events = load('pavane.admin.v1.event_pb2_grpc').EventAdminStub(channel)
        self._dead_pb = load('pavane.admin.v1.dead_letter_pb2')
        self._dead = load('pavane.admin.v1.dead_letter_pb2_grpc').DeadLetterAdminStub(channel)
        self._bus_pb = load('pavane.admin.v1.bus_pb2')
        self._buses = load('pavane.admin.v1.bus_pb2_grpc').BusAdminStub(channel)
        self._system_pb = load('pavane.admin.v1.system_pb2')
        self._system = load('pavane.admin.v1.system_pb2_grpc').SystemAdminStub(channel)
        self._service_pb = load('pavane.admin.v1.service_pb2')
        self._services = load('pavane.admin.v1.service_pb2_grpc').ServiceAdminStub(channel)

    def events(self, **selection):
        """All stored events of a selection (type, correlation_id, ...), in order."""
        found, token = [], ''
        while True:
            request = self._event_pb.ListEventsRequest(page_size=PAGE, page_token=token, **selection)
            answer = self._events.ListEvents(request, timeout=30)
            found += answer.events
            token = answer.next_page_token
            if not token:
                return found

    def dead_letters(self):
        found, token = [], ''
        while True:
            request = self._dead_pb.ListDeadLettersRequest(page_size=PAGE, page_token=token)
            answer = self._dead.ListDeadLetters(request, timeout=30)
            found += answer.dead_letters
            token = answer.next_page_token
            if not token:
                return found

    def stats(self):
        return self._system.GetStats(self._system_pb.GetStatsRequest(), timeout=30)

    def connected(self):
        """Names of services with an instance."""
        answer = self._services.ListServices(self._service_pb.ListServicesRequest(page_size=1000), timeout=30)
        return {service.name for service in answer.services if service.instances}

    def last_sequence(self):
        return self._buses.GetBus(self._bus_pb.GetBusRequest(), timeout=30).bus.last_sequence
