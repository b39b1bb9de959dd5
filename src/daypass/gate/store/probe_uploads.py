"""Testing whether a store binds a multipart upload's id to its bucket and key.

The id is used with another key, and in another bucket. A store that accepts it there writes,
completes or lists one upload in the name of another.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from daypass.core.http.paths import percent_encode
from daypass.gate import limits
from daypass.gate.protocol import documents, store_answers
from daypass.gate.store.store_request import StoreRequest, sha256_hex
from daypass.gate.store.upstream import ObjectStore

_KEY, _OTHER_KEY, _SOURCE = "upload", "other-upload", "source"
_OK, _NOT_THERE = 200, 404


async def are_uploads_bound(store: ObjectStore, bucket: str) -> bool:
    """Say whether an upload's id works for its own bucket and key alone.

    `bucket` exists; a second bucket is created and removed.
    """
    tried = _UploadProbe(store, bucket, f"{bucket}-2")
    if await tried.status("PUT", tried.other, "") != _OK:
        return False
    try:
        return await tried.run()
    finally:
        await tried.clean()


@dataclass(slots=True)
class _UploadProbe:
    store: ObjectStore
    bucket: str
    other: str
    id: str = ""

    async def run(self) -> bool:
        await self.status("PUT", self.bucket, _SOURCE, body=b"source")
        self.id = await self._create_upload()
        if not self.id:
            return False
        await self.status("PUT", self.bucket, _KEY, f"partNumber=1&uploadId={self.id}", b"part")
        before = await self._parts()
        refused = [
            status
            for bucket, key in ((self.bucket, _OTHER_KEY), (self.other, _KEY))
            for status in await self._misuse(bucket, key)
        ]
        # A store that refuses every use would prove no binding: with its own bucket and key the id
        # still works, and the upload is unchanged.
        is_whole = bool(before) and await self._parts() == before
        return is_whole and refused == [_NOT_THERE] * len(refused)

    async def _misuse(self, bucket: str, key: str) -> list[int]:
        """Return the statuses of each use of the id with another bucket or key."""
        upload = f"uploadId={self.id}"
        etag = hashlib.md5(b"part", usedforsecurity=False).hexdigest()
        done = f'<Part><ETag>"{etag}"</ETag><PartNumber>1</PartNumber></Part>'
        complete = documents.root_element_xml("CompleteMultipartUpload", done).encode()
        source = {"x-amz-copy-source": f"/{self.bucket}/{_SOURCE}"}
        return [
            await self.status("GET", bucket, key, upload),
            await self.status("PUT", bucket, key, f"partNumber=2&{upload}", b"other"),
            await self.status("PUT", bucket, key, f"partNumber=3&{upload}", headers=source),
            await self.status("POST", bucket, key, upload, complete),
            await self.status("DELETE", bucket, key, upload),
        ]

    async def _create_upload(self) -> str:
        """Create an upload and return its id; empty if the store refuses."""
        answer = await self.store.send(StoreRequest("POST", f"/{self.bucket}/{_KEY}", "uploads="))
        content = await store_answers.read_whole(answer, limits.XML_BYTES_MAX)
        answer.release()
        if answer.status != _OK:
            return ""
        return percent_encode(documents.parse_xml(content).child_text("UploadId") or "")

    async def _parts(self) -> list[tuple[str, str]]:
        """Return number and ETag of each part of the upload; empty if it is missing."""
        answer = await self.store.send(
            StoreRequest("GET", f"/{self.bucket}/{_KEY}", f"uploadId={self.id}")
        )
        content = await store_answers.read_whole(answer, limits.XML_BYTES_MAX)
        answer.release()
        if answer.status != _OK:
            return []
        parts = documents.parse_xml(content).children_named("Part")
        return [
            (part.child_text("PartNumber") or "", part.child_text("ETag") or "") for part in parts
        ]

    async def status(
        self,
        method: str,
        bucket: str,
        key: str,
        query: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> int:
        """Return the status of the store's answer to a request."""
        path = f"/{bucket}/{key}" if key else f"/{bucket}"
        outgoing = StoreRequest(
            method, path, query, headers, body or None, len(body), payload_hash=sha256_hex(body)
        )
        answer = await self.store.send(outgoing)
        answer.release()
        return answer.status

    async def clean(self) -> None:
        """Remove everything that the test created."""
        if self.id:
            await self.status("DELETE", self.bucket, _KEY, f"uploadId={self.id}")
        for bucket in (self.bucket, self.other):
            for key in (_KEY, _OTHER_KEY, _SOURCE):
                await self.status("DELETE", bucket, key)
        await self.status("DELETE", self.other, "")
