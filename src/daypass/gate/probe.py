"""What the gate needs of a store, tried out on a bucket of its own: torn bodies, wrong hashes, keys that must stay apart.

A store that keeps half an object, or folds two keys into one, makes every policy about them void.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import quote

from daypass.core.faults import Fault
from daypass.gate.errors import S3Error
from daypass.gate.own import hash_of
from daypass.gate.upstream import Outgoing, Store

KEYS = ("a//b", "a/", "/a", "a+b", "a%2Fb", "a?b", "\u00fc", "u\u0308", "CASE", "case")
DOT_KEYS = ("a/../b", "./a")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: whether the gate needs it, and whether the store has it."""

    what: str
    is_needed: bool
    holds: bool


class Torn(Exception):
    """The body ends here, on purpose."""


class Probe:
    """Tries a store out; everything it makes is in one bucket, which it removes."""

    def __init__(self, store: Store, bucket: str) -> None:
        self._store = store
        self._bucket = bucket
        self._made: set[str] = set()

    async def run(self) -> list[Finding]:
        """Return what was found; raises `S3Error` where the store does not let the gate make a bucket."""
        await self._expect("PUT", "", {200})
        try:
            return [
                Finding(what, is_needed, await self._holds(check))
                for what, is_needed, check in self._checks()
            ]
        finally:
            for key in self._made:
                await self._status("DELETE", key)
            await self._status("DELETE", "")

    def _checks(self) -> list[tuple[str, bool, Callable[[], Awaitable[bool]]]]:
        return [
            ("a body shorter than its Content-Length leaves no object", True, self._torn_body),
            ("a wrong x-amz-content-sha256 is refused", True, self._wrong_hash),
            ("keys that differ stay apart", True, lambda: self._apart(KEYS)),
            ("an unknown query parameter does not change a PUT", True, self._unknown_parameter),
            ("keys with dot segments stay apart", False, lambda: self._apart(DOT_KEYS)),
            ("objects can be tagged", False, lambda: self._has("tagging=")),
            ("buckets can be versioned", False, lambda: self._bucket_has("versioning=")),
            ("buckets can lock objects", False, lambda: self._bucket_has("object-lock=")),
        ]

    async def _holds(self, check: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return await check()
        except (S3Error, Fault):
            return False

    async def _torn_body(self) -> bool:
        async def torn() -> AsyncIterator[bytes]:
            yield b"x" * 10
            raise Torn

        outgoing = Outgoing(
            "PUT", self._path("torn"), body=torn(), length=100, payload=hash_of(b"x" * 100)
        )
        self._made.add("torn")
        try:
            answer = await self._store.send(outgoing)
            answer.close()
        except (S3Error, Torn):
            pass
        return await self._status("HEAD", "torn") == 404  # noqa: PLR2004 - it must not be there

    async def _wrong_hash(self) -> bool:
        self._made.add("hash")
        outgoing = Outgoing("PUT", self._path("hash"), body=b"x", length=1, payload=hash_of(b"y"))
        answer = await self._store.send(outgoing)
        answer.release()
        return answer.status >= 400 and await self._status("HEAD", "hash") == 404  # noqa: PLR2004 - refused, and not there

    async def _apart(self, keys: tuple[str, ...]) -> bool:
        for key in keys:
            await self._put(key, key.encode())
        return all([await self._body(key) == key.encode() for key in keys])

    async def _unknown_parameter(self) -> bool:
        self._made.add("plain")
        outgoing = Outgoing(
            "PUT",
            self._path("plain"),
            "x-daypass-probe=1",
            body=b"plain",
            length=5,
            payload=hash_of(b"plain"),
        )
        answer = await self._store.send(outgoing)
        answer.release()
        return await self._body("plain") == b"plain"

    async def _has(self, selector: str) -> bool:
        await self._put("tagged", b"x")
        answer = await self._store.send(Outgoing("GET", self._path("tagged"), selector))
        answer.release()
        return answer.status == 200  # noqa: PLR2004 - it has

    async def _bucket_has(self, selector: str) -> bool:
        answer = await self._store.send(Outgoing("GET", self._path(""), selector))
        answer.release()
        return answer.status in {200, 404}

    async def _put(self, key: str, body: bytes) -> None:
        self._made.add(key)
        answer = await self._store.send(
            Outgoing("PUT", self._path(key), body=body, length=len(body), payload=hash_of(body))
        )
        answer.release()

    async def _body(self, key: str) -> bytes:
        answer = await self._store.send(Outgoing("GET", self._path(key)))
        return await answer.content.read() if answer.status == 200 else b""  # noqa: PLR2004 - there it is

    async def _status(self, method: str, key: str) -> int:
        answer = await self._store.send(Outgoing(method, self._path(key)))
        answer.release()
        return answer.status

    async def _expect(self, method: str, key: str, statuses: set[int]) -> None:
        status = await self._status(method, key)
        if status not in statuses:
            raise S3Error(
                "InternalError", f"the store answers {status} to {method} {self._path(key)}"
            )

    def _path(self, key: str) -> str:
        return f"/{self._bucket}" + (f"/{quote(key, safe='/~')}" if key else "")
