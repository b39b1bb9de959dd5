"""Calls by forms that were read before: the operation and its parameters, by the form's text.

Clients repeat themselves: who they are, a role under the name of their session. A form that was
read, found valid and answered for a caller who was proved is not read again. Forms with secrets are
not kept.
"""

from typing import Any

import msgspec

from daypass.wire.message import HttpRequest
from daypass.wire.operation_model import OperationModel
from daypass.wire.protocols.query import is_plain_form

KNOWN_MAX = 4_096
"""How many forms are kept."""
FORM_BYTES_MAX = 512
"""The longest form that is kept; that of AssumeRole mostly has about 200."""


_PLAIN = frozenset({str, int, bool})


class KnownCall(msgspec.Struct, frozen=True):
    """The operation that a form calls, and its valid parameters; nobody changes either."""

    operation: OperationModel
    params: dict[str, Any]
    recorded: dict[str, object]
    """The parameters as an audit record shows them."""


class KnownCalls:
    """Calls by their form, and by what else the reading of a form depends on."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, str | None], KnownCall] = {}

    def find(self, request: HttpRequest, signed_for: str | None) -> KnownCall | None:
        """Return the call of a request whose form was kept; None if it has to be read.

        `signed_for` is the service in the signature's scope; None for an unsigned request.
        """
        known = self._known.get((request.body, signed_for))
        return known if known is not None and is_plain_form(request) else None

    def keep(self, request: HttpRequest, signed_for: str | None, known: KnownCall) -> None:
        """Keep a call that was answered, for the next request with the same form."""
        secrets = known.operation.secret_parameters
        if (
            len(request.body) <= FORM_BYTES_MAX
            and secrets.isdisjoint(known.params)
            # Whoever gets a list might change it.
            and all(type(each) in _PLAIN for each in known.params.values())
            and is_plain_form(request)
        ):
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[request.body, signed_for] = known
