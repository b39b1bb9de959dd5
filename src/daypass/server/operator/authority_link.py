"""A command's link to the authority: to the running server, or to the data that it opens itself.

One link serves all messages of a command, because opening the data reads every record.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from daypass.core.organizations.settings import OrganizationSettings
from daypass.server.operator import control_socket
from daypass.server.operator.control_socket import AskAddress, CommandMessage, ControlAnswer
from daypass.state.unusable import Unusable

Ask = Callable[[CommandMessage], ControlAnswer]
"""Sends a message and returns its answer."""


@contextmanager
def linked_authority(
    data: Path, environ: Mapping[str, str], settings: OrganizationSettings
) -> Iterator[Ask]:
    """Yield a function that sends messages to a running server, or answers them here without one.

    `settings` apply where no server runs. Raises `Unusable` if the data cannot be used.
    """
    if control_socket.ask_server(data, AskAddress()) is not None:
        yield lambda message: _ask_running_server(data, message)
        return
    # A command beside a server loads nothing of the authority.
    from daypass.server.operator.local_authority import local_authority  # noqa: PLC0415

    with local_authority(data, environ, settings) as ask:
        yield ask


def _ask_running_server(data: Path, message: CommandMessage) -> ControlAnswer:
    answer = control_socket.ask_server(data, message)
    if answer is None:
        raise Unusable(
            f"the server on {data} has ended before it answered", "run the command again"
        )
    return answer
