"""Testing whether a store honours conditions on writes: a failed one must change no object."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from daypass.gate import limits
from daypass.gate.protocol import documents, store_answers
from daypass.gate.store.store_request import StoreRequest, sha256_hex
from daypass.gate.store.upstream import ObjectStore

_FAILED, _OK = 412, 200
_OLD, _NEW = b"old", b"new"
_EXISTS = {"if-none-match": "*"}
_DIFFERS = {"if-match": '"00000000000000000000000000000000"'}


def finding_name(operation: str) -> str:
    """Return the name of the finding about an operation's conditions."""
    return f"preconditions-{operation}"


class ProbeBucket(Protocol):
    """The bucket of a probe."""

    async def put_object(self, key: str, body: bytes) -> None:
        """Create an object, to be removed at the end."""

    async def object_body(self, key: str) -> bytes:
        """Return an object's body, empty for a missing object."""

    def object_path(self, key: str) -> str:
        """Return the path of an object."""


class PreconditionProbe:
    """Tests conditions on the writes of one store."""

    def __init__(self, store: ObjectStore, bucket: ProbeBucket) -> None:
        self._store = store
        self._bucket = bucket

    def checks(self) -> Mapping[str, Callable[[], Awaitable[bool]]]:
        """Return the test of each operation: whether every failed condition stops the write."""
        return {
            "PutObject": self._put,
            "CopyObject": self._copy,
            "CompleteMultipartUpload": self._complete,
            "DeleteObject": self._delete,
            "DeleteObjects": self._delete_objects,
        }

    async def _put(self) -> bool:
        return await self._blocks_write(
            lambda conditions: StoreRequest(
                "PUT",
                self._bucket.object_path("kept"),
                headers=conditions,
                body=_NEW,
                length=len(_NEW),
                payload_hash=sha256_hex(_NEW),
            )
        )

    async def _copy(self) -> bool:
        await self._bucket.put_object("new", _NEW)
        source = {"x-amz-copy-source": self._bucket.object_path("new")}
        return await self._blocks_write(
            lambda conditions: StoreRequest(
                "PUT", self._bucket.object_path("kept"), headers={**source, **conditions}
            )
        )

    async def _complete(self) -> bool:
        path = self._bucket.object_path("kept")
        created = await self._send_and_read(StoreRequest("POST", path, "uploads="))
        upload = documents.parse_xml(created).child_text("UploadId") or ""
        part = await self._store.send(
            StoreRequest(
                "PUT",
                path,
                f"partNumber=1&uploadId={upload}",
                body=_NEW,
                length=len(_NEW),
                payload_hash=sha256_hex(_NEW),
            )
        )
        part.release()
        completion = (
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
            f"<ETag>{part.headers.get('etag', '')}</ETag></Part></CompleteMultipartUpload>"
        ).encode()
        try:
            return await self._blocks_write(
                lambda conditions: StoreRequest(
                    "POST",
                    path,
                    f"uploadId={upload}",
                    headers=conditions,
                    body=completion,
                    length=len(completion),
                    payload_hash=sha256_hex(completion),
                )
            )
        finally:
            await self._send_and_read(StoreRequest("DELETE", path, f"uploadId={upload}"))

    async def _delete(self) -> bool:
        return await self._blocks_write(
            lambda conditions: StoreRequest(
                "DELETE", self._bucket.object_path("kept"), headers=conditions
            ),
            tried=(_DIFFERS,),
        )

    async def _delete_objects(self) -> bool:
        await self._bucket.put_object("kept", _OLD)
        content = documents.deletion_document(
            (documents.DeletionEntry("kept", None, _DIFFERS["if-match"]),)
        )
        headers = {"content-md5": documents.content_md5(content), "content-type": "application/xml"}
        await self._send_and_read(
            StoreRequest(
                "POST",
                self._bucket.object_path(""),
                "delete=",
                headers,
                content,
                len(content),
                sha256_hex(content),
            )
        )
        return await self._bucket.object_body("kept") == _OLD

    async def _blocks_write(
        self,
        write: Callable[[Mapping[str, str]], StoreRequest],
        *,
        tried: tuple[Mapping[str, str], ...] = (_EXISTS, _DIFFERS),
    ) -> bool:
        await self._bucket.put_object("kept", _OLD)
        for conditions in tried:
            answer = await self._store.send(write(conditions))
            answer.release()
            if answer.status != _FAILED or await self._bucket.object_body("kept") != _OLD:
                return False
        return True

    async def _send_and_read(self, outgoing: StoreRequest) -> bytes:
        answer = await self._store.send(outgoing)
        try:
            return await store_answers.read_whole(answer, limits.XML_BYTES_MAX)
        finally:
            answer.release()
