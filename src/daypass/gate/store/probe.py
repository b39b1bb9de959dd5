"""What the gate needs of a store, tried out on a bucket of its own: torn bodies, wrong hashes, keys that must stay apart.

A store that keeps half an object, or folds two keys into one, makes every policy about them void.
"""

import base64
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import quote

from daypass.core.faults import Fault
from daypass.gate import limits
from daypass.gate.protocol import documents, store_answers
from daypass.gate.protocol.documents import DeletionEntry
from daypass.gate.protocol.errors import S3Error
from daypass.gate.store import probe_preconditions, probe_uploads
from daypass.gate.store.findings import CHECKSUMS, CHUNKED_BODIES, NEEDED_CAPABILITIES, StoreFinding
from daypass.gate.store.probe_preconditions import PreconditionProbe
from daypass.gate.store.upstream import (
    CHUNKED,
    TRAILER,
    ObjectStore,
    StoreRequest,
    Trailers,
    sha256_hex,
)

DISTINCT_KEYS = ("a//b", "a/", "/a", "a+b", "a%2Fb", "a?b", "\u00fc", "u\u0308", "CASE", "case")
DOT_KEYS = ("a/../b", "./a")
DOT_SEGMENTS, TRAILERS, ANNOTATIONS = "dot-segments", "trailers", "annotations"
BOUND_UPLOADS, EXACT_DELETIONS = "bound-uploads", "exact-deletions"
"""Names of findings that the gate makes use of."""


_CRC32 = "x-amz-checksum-crc32"


class TornBody(Exception):
    """The body ends here, on purpose."""


class StoreProbe:
    """Tries a store out; everything it makes is in one bucket, which it removes."""

    def __init__(self, store: ObjectStore, bucket: str) -> None:
        self._store = store
        self._bucket = bucket
        self._made: set[str] = set()

    async def run(self) -> list[StoreFinding]:
        """Return what was found; raises `S3Error` where the store does not let the gate make a bucket."""
        await self._expect("PUT", "", {200})
        try:
            return [
                StoreFinding(name, what, is_needed, await self._holds(check))
                for name, what, is_needed, check in self._checks()
            ]
        finally:
            for key in self._made:
                await self._status("DELETE", key)
            await self._status("DELETE", "")

    def _checks(self) -> list[tuple[str, str, bool, Callable[[], Awaitable[bool]]]]:
        return [
            *(
                (
                    name,
                    NEEDED_CAPABILITIES[name],
                    name != CHUNKED_BODIES or not self._store.is_tls,
                    check,
                )
                for name, check in self._needed().items()
            ),
            (
                CHECKSUMS,
                "checksums that come with a body are verified, and kept",
                False,
                self._checksums,
            ),
            (
                DOT_SEGMENTS,
                "keys with dot segments stay apart",
                False,
                lambda: self._apart(DOT_KEYS),
            ),
            (
                BOUND_UPLOADS,
                "the id of a multipart upload is good for its own bucket and key alone",
                False,
                lambda: probe_uploads.are_uploads_bound(self._store, self._bucket),
            ),
            (
                EXACT_DELETIONS,
                "a DeleteObjects deletes keys with blanks around them, not their namesakes",
                False,
                self._exact_deletion,
            ),
            ("tagging", "objects can be tagged", False, lambda: self._has("tagging=")),
            (
                "versioning",
                "buckets can be versioned",
                False,
                lambda: self._bucket_has("versioning="),
            ),
            (
                "object-lock",
                "buckets can lock objects",
                False,
                lambda: self._bucket_has("object-lock="),
            ),
            (TRAILERS, "a checksum behind the body is kept (over TLS)", False, self._trailer),
            (ANNOTATIONS, "objects can be annotated", False, self._annotation),
            *(
                (
                    probe_preconditions.finding_name(operation),
                    f"If-Match and If-None-Match are honoured by {operation}",
                    False,
                    check,
                )
                for operation, check in PreconditionProbe(self._store, self).checks().items()
            ),
        ]

    def _needed(self) -> dict[str, Callable[[], Awaitable[bool]]]:
        return {
            "torn-body": self._torn_body,
            "wrong-hash": self._wrong_hash,
            "keys": lambda: self._apart(DISTINCT_KEYS),
            "parameters": self._unknown_parameter,
            CHUNKED_BODIES: self._chunked,
        }

    async def _holds(self, check: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return await check()
        except (S3Error, Fault):
            return False

    async def _torn_body(self) -> bool:
        async def torn() -> AsyncIterator[bytes]:
            yield b"x" * 10
            raise TornBody

        outgoing = StoreRequest(
            "PUT", self.path("torn"), body=torn(), length=100, payload=sha256_hex(b"x" * 100)
        )
        self._made.add("torn")
        try:
            answer = await self._store.send(outgoing)
            answer.close()
        except (S3Error, TornBody):
            pass
        return await self._status("HEAD", "torn") == 404  # noqa: PLR2004 - it must not be there

    async def _wrong_hash(self) -> bool:
        self._made.add("hash")
        outgoing = StoreRequest(
            "PUT", self.path("hash"), body=b"x", length=1, payload=sha256_hex(b"y")
        )
        answer = await self._store.send(outgoing)
        answer.release()
        return answer.status >= 400 and await self._status("HEAD", "hash") == 404  # noqa: PLR2004 - refused, and not there

    async def _chunked(self) -> bool:
        async def body() -> AsyncIterator[bytes]:
            yield b"in chunks"

        self._made.add("chunked")
        answer = await self._store.send(
            StoreRequest("PUT", self.path("chunked"), body=body(), length=9, payload=CHUNKED)
        )
        answer.release()
        return await self.body("chunked") == b"in chunks"

    async def _checksums(self) -> bool:
        right = base64.b64encode(zlib.crc32(b"summed").to_bytes(4, "big")).decode("ascii")
        wrong = base64.b64encode(bytes(4)).decode("ascii")
        refused = await self._summed("wrong-sum", wrong)
        taken = await self._summed("summed", right)
        asked = await self._store.send(
            StoreRequest("HEAD", self.path("summed"), headers={"x-amz-checksum-mode": "ENABLED"})
        )
        asked.release()
        is_left_out = await self._status("HEAD", "wrong-sum") == 404  # noqa: PLR2004 - it must not be there
        is_kept = taken == 200 and asked.headers.get(_CRC32) == right  # noqa: PLR2004 - done
        return refused >= 400 and is_left_out and is_kept  # noqa: PLR2004 - refused

    async def _summed(self, key: str, checksum: str) -> int:
        """Return the status of an upload with this checksum of its body."""
        self._made.add(key)
        answer = await self._store.send(
            StoreRequest(
                "PUT",
                self.path(key),
                headers={_CRC32: checksum, "x-amz-sdk-checksum-algorithm": "CRC32"},
                body=b"summed",
                length=6,
                payload=sha256_hex(b"summed"),
            )
        )
        answer.release()
        return answer.status

    async def _apart(self, keys: tuple[str, ...]) -> bool:
        for key in keys:
            await self.put(key, key.encode())
        return all([await self.body(key) == key.encode() for key in keys])

    async def _exact_deletion(self) -> bool:
        for key in ("blank", " blank "):
            await self.put(key, key.encode())
        content = documents.deletion_document((DeletionEntry(" blank "),))
        answer = await self._store.send(
            StoreRequest(
                "POST",
                self.path(""),
                "delete=",
                {"content-md5": documents.content_md5(content), "content-type": "application/xml"},
                content,
                len(content),
                sha256_hex(content),
            )
        )
        answer.release()
        is_gone = await self._status("HEAD", " blank ") == 404  # noqa: PLR2004 - it must not be there
        return is_gone and await self.body("blank") == b"blank"

    async def _trailer(self) -> bool:
        if not self._store.is_tls:
            return False
        self._made.add("trailer")
        value = base64.b64encode(zlib.crc32(b"trailer").to_bytes(4, "big")).decode("ascii")
        name = _CRC32

        async def body() -> AsyncIterator[bytes]:
            yield b"trailer"

        answer = await self._store.send(
            StoreRequest(
                "PUT",
                self.path("trailer"),
                headers={"x-amz-sdk-checksum-algorithm": "CRC32"},
                body=body(),
                length=7,
                payload=TRAILER,
                trailers=Trailers((name,), len(value), lambda: {name: value}),
            )
        )
        answer.release()
        asked = await self._store.send(
            StoreRequest("HEAD", self.path("trailer"), headers={"x-amz-checksum-mode": "ENABLED"})
        )
        asked.release()
        return asked.headers.get(name) == value and await self.body("trailer") == b"trailer"

    async def _annotation(self) -> bool:
        await self.put("annotated", b"x")
        query = "annotation=&annotationName=daypass"
        answer = await self._store.send(
            StoreRequest(
                "PUT",
                self.path("annotated"),
                query,
                body=b"note",
                length=4,
                payload=sha256_hex(b"note"),
            )
        )
        answer.release()
        read = await self._store.send(StoreRequest("GET", self.path("annotated"), query))
        # A store without annotations may have taken the note for the object.
        found = await store_answers.read_whole(read, limits.XML_BYTES_MAX)
        is_note = read.status == 200 and found == b"note"  # noqa: PLR2004 - there it is
        return is_note and await self.body("annotated") == b"x"

    async def _unknown_parameter(self) -> bool:
        self._made.add("plain")
        outgoing = StoreRequest(
            "PUT",
            self.path("plain"),
            "x-daypass-probe=1",
            body=b"plain",
            length=5,
            payload=sha256_hex(b"plain"),
        )
        answer = await self._store.send(outgoing)
        answer.release()
        return await self.body("plain") == b"plain"

    async def _has(self, selector: str) -> bool:
        await self.put("tagged", b"x")
        answer = await self._store.send(StoreRequest("GET", self.path("tagged"), selector))
        answer.release()
        return answer.status == 200  # noqa: PLR2004 - it has

    async def _bucket_has(self, selector: str) -> bool:
        answer = await self._store.send(StoreRequest("GET", self.path(""), selector))
        answer.release()
        return answer.status in {200, 404}

    async def put(self, key: str, body: bytes) -> None:
        """Make an object, to be removed at the end."""
        self._made.add(key)
        answer = await self._store.send(
            StoreRequest(
                "PUT", self.path(key), body=body, length=len(body), payload=sha256_hex(body)
            )
        )
        answer.release()

    async def body(self, key: str) -> bytes:
        """Return what an object holds, empty for none."""
        answer = await self._store.send(StoreRequest("GET", self.path(key)))
        content = await store_answers.read_whole(answer, limits.XML_BYTES_MAX)
        return content if answer.status == 200 else b""  # noqa: PLR2004 - there it is

    async def _status(self, method: str, key: str) -> int:
        answer = await self._store.send(StoreRequest(method, self.path(key)))
        answer.release()
        return answer.status

    async def _expect(self, method: str, key: str, statuses: set[int]) -> None:
        status = await self._status(method, key)
        if status not in statuses:
            raise S3Error(
                "InternalError", f"the store answers {status} to {method} {self.path(key)}"
            )

    def path(self, key: str) -> str:
        """Return the path of an object, of the bucket itself for an empty key."""
        return f"/{self._bucket}" + (f"/{quote(key, safe='/~')}" if key else "")
