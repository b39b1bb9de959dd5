"""Where the operator's commands reach a running server: a socket in the data directory, for its owner alone.

Whoever may open the directory could open the database in it; the socket lets them change it without stopping the server, and
the audit log says so. A message is one line of JSON, the answer another.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import msgspec

from daypass.core.faults import Fault

NAME = "control.sock"
MESSAGE_BYTES_MAX = 64 << 20
"""A file of policies is a few megabytes."""
WHERE_SECONDS_MAX = 5.0
"""How long a command waits to be told where the server listens; ours."""


class Adopt(msgspec.Struct, frozen=True, tag="adopt"):
    """Make an account the owner of buckets that the store already has; the first account if none is named."""

    names: tuple[str, ...]
    account: str = ""
    region: str = "us-east-1"
    is_dry_run: bool = False
    by: str = ""
    """Who runs the command; whoever reaches the socket is its owner or root, and says so truly or not."""


class LoadPolicies(msgspec.Struct, frozen=True, tag="load-policies"):
    """Load policies that AWS manages, from what `get-account-authorization-details` prints."""

    content: bytes
    is_dry_run: bool = False
    by: str = ""


class Reopen(msgspec.Struct, frozen=True, tag="reopen"):
    """Open an account again that was closed less than ninety days ago."""

    account: str
    is_dry_run: bool = False
    by: str = ""


class Where(msgspec.Struct, frozen=True, tag="where"):
    """Ask where the server listens."""


Change = Adopt | LoadPolicies | Reopen
Message = Change | Where


class Answer(msgspec.Struct, frozen=True):
    """What became of a message: `done` names what was, or would be, changed; `error` is empty unless it was refused."""

    done: tuple[str, ...] = ()
    account: str = ""
    error: str = ""
    url: str = ""
    """Where the server is reached from its own host, to a message that asks it."""


Handle = Callable[[Message], Awaitable[Answer]]
_message = msgspec.json.Decoder(Message)
_answer = msgspec.json.Decoder(Answer)


def place(data: Path) -> str:
    """Return the socket's path in a form that is short enough for the operating system, however deep the directory is.

    The directory stays open for as long as the process lives: a socket's path may have 107 bytes.
    """
    path = str(data.absolute() / NAME)
    if len(os.fsencode(path)) < 100:  # noqa: PLR2004 - sun_path has 108 bytes, a terminator among them
        return path
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{folder}/{NAME}"


def answering(url: str, change: Callable[[Change], Awaitable[Answer]]) -> Handle:
    """Return what answers every message of a server that its own host reaches at `url`, and that makes changes by `change`."""

    async def handle(message: Message) -> Answer:
        return Answer(url=url) if isinstance(message, Where) else await change(message)

    return handle


async def listen(data: Path, handle: Handle) -> asyncio.Server:
    """Answer whoever connects, in a data directory whose lock is held; what an earlier server left there is replaced."""
    bound = bind(data)
    serve = partial(_serve, handle)
    return await asyncio.start_unix_server(serve, sock=bound, limit=MESSAGE_BYTES_MAX)


def bind(data: Path) -> socket.socket:
    """Return the socket that operators connect to, not listening yet; what an earlier server left there is replaced."""
    path = _free(data)
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


async def answer(connection: socket.socket, handle: Handle) -> None:
    """Answer one message of somebody who has connected to the socket of `bind`, and hang up."""
    opened = await asyncio.open_unix_connection(sock=connection, limit=MESSAGE_BYTES_MAX)
    await _serve(handle, *opened)


async def _serve(
    handle: Handle, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        if _peer(writer.get_extra_info("socket")) in {0, os.geteuid()}:
            writer.write(msgspec.json.encode(await _answered(reader, handle)) + b"\n")
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return
    finally:
        writer.close()


def _free(data: Path) -> str:
    """Return the socket's path, with nothing there any more."""
    path = place(data)
    Path(path).unlink(missing_ok=True)
    return path


async def _answered(reader: asyncio.StreamReader, handle: Handle) -> Answer:
    try:
        line = await reader.readuntil(b"\n")
        # A file of policies is read beside the loop: it is rare, and its owner's.
        return await handle(await asyncio.to_thread(_message.decode, line))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Answer(error="the message cannot be understood: is this the same version?")
    except Fault as fault:
        # Whoever asks is the operator.
        return Answer(error=fault.operator or fault.message)
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        # Whoever asked is gone, or sends no message.
        raise
    except Exception as error:  # noqa: BLE001 - no answer would be taken for a server that is not there
        return Answer(
            error=f"the server failed with {type(error).__name__}; nobody knows what became of it"
        )


def _peer(connection: socket.socket) -> int:
    """Return the user id of the process at the other end."""
    if not hasattr(socket, "SO_PEERCRED"):
        # Elsewhere than on Linux the directory's and the socket's own modes are what keeps others out.
        return os.geteuid()
    size = struct.calcsize("3i")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    user: int = struct.unpack("3i", credentials)[1]
    return user


def ask(data: Path, message: Message, *, seconds: float | None = None) -> Answer | None:
    """Return what a running server answers; None if no server listens in that directory.

    Raises `TimeoutError` where each of its steps may take only so many seconds, and one takes longer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            connection.connect(place(data))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        connection.sendall(msgspec.json.encode(message) + b"\n")
        with connection.makefile("rb") as answer:
            line = answer.readline(MESSAGE_BYTES_MAX)
    return _answer.decode(line) if line else None
