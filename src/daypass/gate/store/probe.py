"""Testing a store's capabilities in a bucket made for the test: torn bodies, wrong hashes, keys.

A store that keeps half an object, or treats two keys as one, makes every policy about them void.
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
from daypass.gate.store.store_request import CHUNKED, TRAILER, StoreRequest, Trailers, sha256_hex
from daypass.gate.store.upstream import ObjectStore

DISTINCT_KEYS = ("a//b", "a/", "/a", "a+b", "a%2Fb", "a?b", "\u00fc", "u\u0308", "CASE", "case")
DOT_KEYS = ("a/../b", "./a")
DOT_SEGMENTS, TRAILERS, ANNOTATIONS = "dot-segments", "trailers", "annotations"
BOUND_UPLOADS, EXACT_DELETIONS = "bound-uploads", "exact-deletions"
"""Names of findings that set the gate's `StoreCapabilities`."""


_CRC32 = "x-amz-checksum-crc32"


class TornBody(Exception):
    """Raised to end a request's body early."""


class StoreProbe:
    """Tests a store; everything that it creates is in one bucket, which it removes."""

    def __init__(self, store: ObjectStore, bucket: str) -> None:
        self._store = store
        self._bucket = bucket
        self._created_keys: set[str] = set()

    async def run(self) -> list[StoreFinding]:
        """Return all findings; raises `S3Error` if the gate may not create a bucket."""
        await self._expect("PUT", "", {200})
        try:
            return [
                StoreFinding(name, what, is_needed, await self._passes(check))
                for name, what, is_needed, check in self._checks()
            ]
        finally:
            for key in self._created_keys:
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
                for name, check in self._needed_checks().items()
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
                lambda: self._keeps_apart(DOT_KEYS),
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
            ("tagging", "objects can be tagged", False, lambda: self._object_has("tagging=")),
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

    def _needed_checks(self) -> dict[str, Callable[[], Awaitable[bool]]]:
        return {
            "torn-body": self._torn_body,
            "wrong-hash": self._wrong_hash,
            "keys": lambda: self._keeps_apart(DISTINCT_KEYS),
            "parameters": self._unknown_parameter,
            CHUNKED_BODIES: self._chunked,
        }

    async def _passes(self, check: Callable[[], Awaitable[bool]]) -> bool:
        try:
            return await check()
        except (S3Error, Fault):
            return False

    async def _torn_body(self) -> bool:
        async def torn() -> AsyncIterator[bytes]:
            yield b"x" * 10
            raise TornBody

        outgoing = StoreRequest(
            "PUT",
            self.object_path("torn"),
            body=torn(),
            length=100,
            payload_hash=sha256_hex(b"x" * 100),
        )
        self._created_keys.add("torn")
        try:
            answer = await self._store.send(outgoing)
            answer.close()
        except (S3Error, TornBody):
            pass
        return await self._status("HEAD", "torn") == 404  # noqa: PLR2004 - it must not be there

    async def _wrong_hash(self) -> bool:
        self._created_keys.add("hash")
        outgoing = StoreRequest(
            "PUT", self.object_path("hash"), body=b"x", length=1, payload_hash=sha256_hex(b"y")
        )
        answer = await self._store.send(outgoing)
        answer.release()
        # Refused, and not there.
        return answer.status >= 400 and await self._status("HEAD", "hash") == 404  # noqa: PLR2004

    async def _chunked(self) -> bool:
        async def body() -> AsyncIterator[bytes]:
            yield b"in chunks"

        self._created_keys.add("chunked")
        answer = await self._store.send(
            StoreRequest(
                "PUT", self.object_path("chunked"), body=body(), length=9, payload_hash=CHUNKED
            )
        )
        answer.release()
        return await self.object_body("chunked") == b"in chunks"

    async def _checksums(self) -> bool:
        right = base64.b64encode(zlib.crc32(b"summed").to_bytes(4, "big")).decode("ascii")
        wrong = base64.b64encode(bytes(4)).decode("ascii")
        refused = await self._put_with_checksum("wrong-sum", wrong)
        accepted = await self._put_with_checksum("summed", right)
        answer = await self._store.send(
            StoreRequest(
                "HEAD", self.object_path("summed"), headers={"x-amz-checksum-mode": "ENABLED"}
            )
        )
        answer.release()
        # It must not be there.
        is_left_out = await self._status("HEAD", "wrong-sum") == 404  # noqa: PLR2004
        is_kept = accepted == 200 and answer.headers.get(_CRC32) == right  # noqa: PLR2004 - done
        return refused >= 400 and is_left_out and is_kept  # noqa: PLR2004 - refused

    async def _put_with_checksum(self, key: str, checksum: str) -> int:
        """Return the status of an upload with this checksum of its body."""
        self._created_keys.add(key)
        answer = await self._store.send(
            StoreRequest(
                "PUT",
                self.object_path(key),
                headers={_CRC32: checksum, "x-amz-sdk-checksum-algorithm": "CRC32"},
                body=b"summed",
                length=6,
                payload_hash=sha256_hex(b"summed"),
            )
        )
        answer.release()
        return answer.status

    async def _keeps_apart(self, keys: tuple[str, ...]) -> bool:
        for key in keys:
            await self.put_object(key, key.encode())
        return all([await self.object_body(key) == key.encode() for key in keys])

    async def _exact_deletion(self) -> bool:
        for key in ("blank", " blank "):
            await self.put_object(key, key.encode())
        content = documents.deletion_document((DeletionEntry(" blank "),))
        answer = await self._store.send(
            StoreRequest(
                "POST",
                self.object_path(""),
                "delete=",
                {"content-md5": documents.content_md5(content), "content-type": "application/xml"},
                content,
                len(content),
                sha256_hex(content),
            )
        )
        answer.release()
        # It must not be there.
        is_gone = await self._status("HEAD", " blank ") == 404  # noqa: PLR2004
        return is_gone and await self.object_body("blank") == b"blank"

    async def _trailer(self) -> bool:
        if not self._store.is_tls:
            return False
        self._created_keys.add("trailer")
        value = base64.b64encode(zlib.crc32(b"trailer").to_bytes(4, "big")).decode("ascii")
        name = _CRC32

        async def body() -> AsyncIterator[bytes]:
            yield b"trailer"

        answer = await self._store.send(
            StoreRequest(
                "PUT",
                self.object_path("trailer"),
                headers={"x-amz-sdk-checksum-algorithm": "CRC32"},
                body=body(),
                length=7,
                payload_hash=TRAILER,
                trailers=Trailers((name,), len(value), lambda: {name: value}),
            )
        )
        answer.release()
        head = await self._store.send(
            StoreRequest(
                "HEAD", self.object_path("trailer"), headers={"x-amz-checksum-mode": "ENABLED"}
            )
        )
        head.release()
        return head.headers.get(name) == value and await self.object_body("trailer") == b"trailer"

    async def _annotation(self) -> bool:
        await self.put_object("annotated", b"x")
        query = "annotation=&annotationName=daypass"
        answer = await self._store.send(
            StoreRequest(
                "PUT",
                self.object_path("annotated"),
                query,
                body=b"note",
                length=4,
                payload_hash=sha256_hex(b"note"),
            )
        )
        answer.release()
        read = await self._store.send(StoreRequest("GET", self.object_path("annotated"), query))
        # A store without annotations may have taken the note for the object.
        content = await store_answers.read_whole(read, limits.XML_BYTES_MAX)
        is_note = read.status == 200 and content == b"note"  # noqa: PLR2004 - there it is
        return is_note and await self.object_body("annotated") == b"x"

    async def _unknown_parameter(self) -> bool:
        self._created_keys.add("plain")
        outgoing = StoreRequest(
            "PUT",
            self.object_path("plain"),
            "x-daypass-probe=1",
            body=b"plain",
            length=5,
            payload_hash=sha256_hex(b"plain"),
        )
        answer = await self._store.send(outgoing)
        answer.release()
        return await self.object_body("plain") == b"plain"

    async def _object_has(self, selector: str) -> bool:
        await self.put_object("tagged", b"x")
        answer = await self._store.send(StoreRequest("GET", self.object_path("tagged"), selector))
        answer.release()
        return answer.status == 200  # noqa: PLR2004 - it has

    async def _bucket_has(self, selector: str) -> bool:
        answer = await self._store.send(StoreRequest("GET", self.object_path(""), selector))
        answer.release()
        return answer.status in {200, 404}

    async def put_object(self, key: str, body: bytes) -> None:
        """Create an object, to be removed at the end."""
        self._created_keys.add(key)
        answer = await self._store.send(
            StoreRequest(
                "PUT",
                self.object_path(key),
                body=body,
                length=len(body),
                payload_hash=sha256_hex(body),
            )
        )
        answer.release()

    async def object_body(self, key: str) -> bytes:
        """Return an object's body, empty for a missing object."""
        answer = await self._store.send(StoreRequest("GET", self.object_path(key)))
        content = await store_answers.read_whole(answer, limits.XML_BYTES_MAX)
        return content if answer.status == 200 else b""  # noqa: PLR2004 - there it is

    async def _status(self, method: str, key: str) -> int:
        answer = await self._store.send(StoreRequest(method, self.object_path(key)))
        answer.release()
        return answer.status

    async def _expect(self, method: str, key: str, statuses: set[int]) -> None:
        status = await self._status(method, key)
        if status not in statuses:
            raise S3Error(
                "InternalError", f"the store answers {status} to {method} {self.object_path(key)}"
            )

    def object_path(self, key: str) -> str:
        """Return the path of an object, or of the bucket for an empty key."""
        return f"/{self._bucket}" + (f"/{quote(key, safe='/~')}" if key else "")
