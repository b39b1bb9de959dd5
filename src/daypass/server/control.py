"""Where the operator's commands reach a running server: a socket in the data directory, for its owner alone.

Whoever may open the directory could open the database in it; the socket lets them change it without stopping the server, and
the audit log says so. A message is one line of JSON, the answer another.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from daypass.core.faults import Fault

NAME = "control.sock"
MESSAGE_BYTES_MAX = 64 << 20
"""A file of policies is a few megabytes."""


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


Message = Adopt | LoadPolicies | Reopen


class Answer(msgspec.Struct, frozen=True):
    """What became of a message: `done` names what was, or would be, changed; `error` is empty unless it was refused."""

    done: tuple[str, ...] = ()
    account: str = ""
    error: str = ""


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


async def listen(data: Path, handle: Handle) -> asyncio.Server:
    """Listen in a data directory whose lock is held; what an earlier server left there is replaced."""
    path = _free(data)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if _peer(writer.get_extra_info("socket")) in {0, os.geteuid()}:
                writer.write(msgspec.json.encode(await _answered(reader, handle)) + b"\n")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    before = os.umask(0o177)
    try:
        return await asyncio.start_unix_server(serve, path, limit=MESSAGE_BYTES_MAX)
    finally:
        os.umask(before)


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


def ask(data: Path, message: Message) -> Answer | None:
    """Return what a running server answers; nothing if no server listens in that directory."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(place(data))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        connection.sendall(msgspec.json.encode(message) + b"\n")
        with connection.makefile("rb") as answer:
            line = answer.readline(MESSAGE_BYTES_MAX)
    return _answer.decode(line) if line else None
