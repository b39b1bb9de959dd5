"""Refuses a request that has arrived as a whole, for a small part of what parsing it would cost.

The same parser as elsewhere finds the request's end, so that both agree where the next one begins.
"""

import httptools

from daypass.core.sources import Entropy
from daypass.server.http import reply
from daypass.server.http.overload.early_refusals import EarlyReason, EarlyRefusals, signed_service

ID_PLACEHOLDER = b"?" * 32
"""Stands in a template for the request id, and is as long."""
TEMPLATES_MAX = 16
"""Services whose refusal is cached: all that are served, and a few unknown names."""


class _RequestCounter:
    """Counts where requests begin and end, as callbacks of the parser; reads no other part."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.keeps_alive = False
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_headers_complete(self) -> None:
        self.keeps_alive = (
            self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
        )

    def on_message_complete(self) -> None:
        self.ended += 1


def is_one_request(data: bytes) -> bool:
    """Say whether bytes are exactly one request, after which its connection stays open."""
    counter = _RequestCounter()
    try:
        counter.parser.feed_data(data)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return False
    finally:
        # They refer to each other: many of them would be left to the garbage collector.
        del counter.parser
    return counter.keeps_alive and counter.begun == counter.ended == 1


class QuickRefusals:
    """Writes the refusal of each service once as a template, then fills in request ids alone."""

    def __init__(self, early_refusals: EarlyRefusals, entropy: Entropy) -> None:
        self._early_refusals = early_refusals
        self._id_prefix = entropy(8).hex().encode()
        self._count = 0
        self._templates: dict[bytes, tuple[bytes, bytes]] = {}
        """The status line, and the rest with a placeholder, by the service's signing name."""

    def refuse(self, data: bytes, common_headers: list[tuple[bytes, bytes]]) -> bytes | None:
        """Return the refusal of the request in `data`; None if it has to be parsed first.

        `common_headers` are those of every response. HEAD is parsed: its response has no body.
        """
        if data.startswith(b"HEAD ") or not is_one_request(data):
            return None
        head = data[: data.find(b"\r\n\r\n")]
        service = signed_service(head)
        template = self._templates.get(service) if service else None
        status, rest = template or self._make_template(service, head)
        lines = b"".join([b"%b: %b\r\n" % pair for pair in common_headers])
        return status + lines + rest.replace(ID_PLACEHOLDER, self._next_id())

    def _next_id(self) -> bytes:
        """Return a unique request id: the random prefix of this start, then a counter."""
        self._count += 1
        return b"%b%016x" % (self._id_prefix, self._count)

    def _make_template(self, service: bytes, head: bytes) -> tuple[bytes, bytes]:
        response = self._early_refusals.response(
            head, EarlyReason.TOO_MUCH, ID_PLACEHOLDER.decode()
        )
        status, line_end, rest = reply.response_bytes(response, [], close=False).partition(b"\r\n")
        if service and len(self._templates) < TEMPLATES_MAX:
            self._templates[service] = (status + line_end, rest)
        return status + line_end, rest
