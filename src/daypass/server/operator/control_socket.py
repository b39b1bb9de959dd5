"""A socket in the data directory by which the operator's commands reach a running server.

Only the directory's owner and root may use it. They could open the database in it as well; the
socket lets them change it without stopping the server, and the audit log records that. A message is
one line of JSON, the answer another.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from daypass.core.faults import Fault
from daypass.server.operator.identity_center_messages import (
    CallOperation,
    IdentityCenterChange,
    IdentityCenterQuery,
)

SOCKET_NAME = "control.sock"
MESSAGE_BYTES_MAX = 64 << 20
"""Longest message, in bytes; a file of policies is a few megabytes."""
ADDRESS_SECONDS_MAX = 5.0
"""How long a command waits for the server's address; ours."""


class AdoptBuckets(msgspec.Struct, frozen=True, tag="adopt"):
    """Make an account the owner of existing buckets of the store.

    The first account if none is named.
    """

    names: tuple[str, ...]
    account: str = ""
    region: str = "us-east-1"
    is_dry_run: bool = False
    by: str = ""
    """Who runs the command, as the command says: only the directory's owner and root reach the
    socket."""


class LoadPolicies(msgspec.Struct, frozen=True, tag="load-policies"):
    """Load AWS managed policies from the output of `get-account-authorization-details`."""

    content: bytes
    is_dry_run: bool = False
    by: str = ""


class ReopenAccount(msgspec.Struct, frozen=True, tag="reopen"):
    """Reopen an account that was closed less than ninety days ago."""

    account: str
    is_dry_run: bool = False
    by: str = ""


class AskAddress(msgspec.Struct, frozen=True, tag="where"):
    """Ask for the URL at which the server listens."""


ChangeMessage = AdoptBuckets | LoadPolicies | ReopenAccount
CommandMessage = ChangeMessage | IdentityCenterChange | IdentityCenterQuery | CallOperation
ControlMessage = CommandMessage | AskAddress


class ControlAnswer(msgspec.Struct, frozen=True):
    """The answer to a message: `done` names what was, or would be, changed.

    `error` is empty unless the message was refused.
    """

    done: tuple[str, ...] = ()
    account: str = ""
    error: str = ""
    code: str = ""
    """AWS's code of the error, if an operation of its API was refused."""
    url: str = ""
    """The server's URL on its own host, as the answer to `AskAddress`."""
    result: Any = None
    """What was asked for: an operation's answer in AWS's names, or the records that were read."""

    def __repr__(self) -> str:
        """Return what was done and the error, without the result, which may be a credential."""
        return f"ControlAnswer({self.done!r}, {self.error!r})"


MessageHandler = Callable[[ControlMessage], Awaitable[ControlAnswer]]
_message_decoder = msgspec.json.Decoder(ControlMessage)
_answer_decoder = msgspec.json.Decoder(ControlAnswer)


def socket_path(data: Path) -> str:
    """Return the path of the data directory's socket, short enough for the operating system.

    A socket's path may have 107 bytes. A longer one is replaced by one through an open descriptor
    of the directory, which stays open for as long as the process lives.
    """
    path = str(data.absolute() / SOCKET_NAME)
    # Sun_path has 108 bytes, a terminator among them.
    if len(os.fsencode(path)) < 100:  # noqa: PLR2004
        return path
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{folder}/{SOCKET_NAME}"


def message_handler(
    url: str, answer: Callable[[CommandMessage], Awaitable[ControlAnswer]]
) -> MessageHandler:
    """Return a handler that answers `AskAddress` with `url`, and other messages by `answer`."""

    async def handle(message: ControlMessage) -> ControlAnswer:
        return ControlAnswer(url=url) if isinstance(message, AskAddress) else await answer(message)

    return handle


async def serve_operators(data: Path, handle: MessageHandler) -> asyncio.Server:
    """Listen on the socket of a data directory whose lock is held.

    A socket left there is replaced.
    """
    bound = bind_socket(data)
    serve = partial(_serve_connection, handle)
    return await asyncio.start_unix_server(serve, sock=bound, limit=MESSAGE_BYTES_MAX)


def bind_socket(data: Path) -> socket.socket:
    """Return the bound socket that commands connect to, which does not listen yet.

    A socket that an earlier server left is replaced.
    """
    path = _unlinked_path(data)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.setblocking(False)  # noqa: FBT003 - the socket's own word
    before = os.umask(0o177)
    try:
        bound.bind(path)
    except BaseException:
        bound.close()
        raise
    finally:
        os.umask(before)
    return bound


async def answer_connection(connection: socket.socket, handle: MessageHandler) -> None:
    """Answer one message on an accepted connection to the control socket, and close it."""
    opened = await asyncio.open_unix_connection(sock=connection, limit=MESSAGE_BYTES_MAX)
    await _serve_connection(handle, *opened)


async def _serve_connection(
    handle: MessageHandler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        if _peer_uid(writer.get_extra_info("socket")) in {0, os.geteuid()}:
            writer.write(msgspec.json.encode(await _read_and_answer(reader, handle)) + b"\n")
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return
    finally:
        writer.close()


def _unlinked_path(data: Path) -> str:
    """Return the socket's path, after removing a socket left there."""
    path = socket_path(data)
    Path(path).unlink(missing_ok=True)
    return path


async def _read_and_answer(reader: asyncio.StreamReader, handle: MessageHandler) -> ControlAnswer:
    try:
        line = await reader.readuntil(b"\n")
        # Decoded on a thread: a file of policies may be large.
        return await handle(await asyncio.to_thread(_message_decoder.decode, line))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ControlAnswer(error="the message cannot be understood: is this the same version?")
    except Fault as fault:
        # The other side is the operator, who may read the operator's message.
        return ControlAnswer(error=fault.operator or fault.message)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        # The command has gone, or sent no message: the caller closes the connection.
        raise
    except Exception as error:  # noqa: BLE001 - without an answer the command would find no server
        return ControlAnswer(
            error=f"the server failed with {type(error).__name__}; it may have made the change"
        )


def _peer_uid(connection: socket.socket) -> int:
    """Return the user id of the process at the other end."""
    if not hasattr(socket, "SO_PEERCRED"):
        # Without SO_PEERCRED, the modes of the directory and of the socket keep other users out.
        return os.geteuid()
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    user: int = struct.unpack("3i", credentials)[1]
    return user


def ask_server(
    data: Path, message: ControlMessage, *, seconds: float | None = None
) -> ControlAnswer | None:
    """Return the answer of a running server; None if no server listens in that directory.

    Raises `TimeoutError` if `seconds` is given and a step takes longer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(socket_path(data))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        connection.sendall(msgspec.json.encode(message) + b"\n")
        with connection.makefile("rb") as answers:
            line = answers.readline(MESSAGE_BYTES_MAX)
    return _answer_decoder.decode(line) if line else None
