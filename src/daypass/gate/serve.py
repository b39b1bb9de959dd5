"""One S3 request, from the first header to the last byte: framed, proved, decided, written down, and only then forwarded."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

import aiohttp

from daypass.core.faults import Fault
from daypass.core.policy.principal import Kind
from daypass.core.sigv4.claim import Claim, read_claim
from daypass.core.sigv4.request import RawRequest
from daypass.gate import (
    answers,
    body,
    buckets,
    documents,
    errors,
    existing_tags,
    headers,
    incoming,
    needs,
    own,
)
from daypass.gate.authenticate import HASH, Proved, prove
from daypass.gate.body import Verified
from daypass.gate.decide import Judge
from daypass.gate.errors import S3Error, from_fault, unimplemented
from daypass.gate.gate import Gate, Seen
from daypass.gate.needs import Facts, Need
from daypass.gate.resolved import Resolved, resolve
from daypass.gate.table import Fate, Level
from daypass.gate.upstream import CHUNKED, UNSIGNED, Outgoing
from daypass.services.kit.access import Circumstances
from daypass.services.kit.caller import Caller
from daypass.state.usage import LastUse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_PIECE = 64 << 10
_SLOW = frozenset({"CopyObject", "UploadPartCopy", "CompleteMultipartUpload"})
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUV"


async def serve(gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request for the gate."""
    await Exchange(gate, scope, receive, send).run()


class Exchange:
    """One request and its answer."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self._gate = gate
        self._scope = scope
        self._receive = receive
        self._send = send
        self._started = False
        self._directory = gate.snapshot()
        self._id = "".join(_LETTERS[byte & 31] for byte in gate.entropy(16))
        self._raw = RawRequest(
            scope["method"], scope["raw_path"], scope["query_string"], tuple(scope["headers"])
        )
        self._framing = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name
            in {b"content-length", b"transfer-encoding", b"expect", b"user-agent", b"referer"}
        }
        self._claim: Claim | None = None
        self._resolved: Resolved | None = None
        self._caller: Caller | None = None
        self._has_read_all = (
            self._framing.get("content-length", "0") == "0"
            and "transfer-encoding" not in self._framing
        )

    async def run(self) -> None:
        """Answer; whatever goes wrong becomes a refusal, or a closed connection once bytes have gone out."""
        try:
            await self._answer()
        except S3Error as error:
            await self._refuse(error)
        except Fault as fault:
            await self._refuse(from_fault(fault, self._claim, region=self._gate.rules.region))
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            await self._refuse(
                S3Error("ServiceUnavailable", answers.INTERNAL, operator=type(error).__name__)
            )
        except Exception as error:  # noqa: BLE001 - the last door: a bug is answered, never shown
            await self._refuse(
                S3Error("InternalError", answers.INTERNAL, operator=type(error).__name__)
            )

    async def _answer(self) -> None:
        if self._framing.get("expect", "100-continue").lower() != "100-continue":
            raise S3Error("ExpectationFailed", "The only expectation is 100-continue.", close=True)
        self._claim = read_claim(self._raw)
        resolved = self._resolved = resolve(self._raw, self._claim, self._gate.rules)
        proved = prove(
            self._raw,
            resolved,
            self._claim,
            directory=self._directory,
            keyring=self._gate.keyring(),
            rules=self._gate.rules,
            now=int(self._gate.clock()),
        )
        self._caller = proved.caller
        upload = incoming.announced(
            resolved,
            proved,
            self._framing,
            self._gate.rules,
            secure=self._scope.get("scheme") == "https",
        )
        judge = Judge(proved.caller, self._directory, self._circumstances(proved.claim))
        facts = await self._facts(resolved, proved, upload)
        judge.require(() if resolved.row.name == "DeleteObjects" else needs.needs(resolved, facts))
        await self._carry_out(resolved, judge, facts, upload, proved)

    # What is known, and what is needed.

    def _circumstances(self, claim: Claim) -> Circumstances:
        client = self._scope.get("client")
        return Circumstances(
            now=int(self._gate.clock()),
            source_ip=client[0] if client else "",
            secure=self._scope.get("scheme") == "https",
            region=claim.region,
            user_agent=self._framing.get("user-agent", ""),
            referer=self._framing.get("referer", ""),
        )

    async def _facts(self, resolved: Resolved, proved: Proved, upload: Verified) -> Facts:
        """Gather what the decision needs: the bucket's record, a small body, tags at the store."""
        bucket = source = None
        if resolved.row.name == "CreateBucket":
            bucket = own.new_bucket(
                resolved, proved.caller, self._gate, now=int(self._gate.clock())
            )
        elif resolved.row.level is not Level.SERVICE:
            bucket = buckets.known(self._directory, resolved.target.bucket)
            own.check_expected_owner(resolved, bucket, "x-amz-expected-bucket-owner")
        if resolved.source is not None:
            source = buckets.known(self._directory, resolved.source.bucket)
            own.check_expected_owner(resolved, source, "x-amz-source-expected-bucket-owner")
        content = b""
        if resolved.row.body == "xml":
            content = await body.whole(upload, self._receive)
            self._has_read_all = True
            own.check_document(resolved, content)
        tags, source_tags = await self._tags(resolved, proved.caller)
        extra = {}
        if resolved.row.name == "CreateBucket":
            extra["location"] = buckets.new_location(content, self._gate.rules.region)
        return Facts(
            common=self._common_keys(proved),
            bucket=bucket,
            source_bucket=source,
            body=content,
            existing_tags=tags,
            source_tags=source_tags,
            extra=extra,
        )

    async def _tags(
        self, resolved: Resolved, caller: Caller
    ) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        if resolved.row.name not in existing_tags.ASKED_BY or not existing_tags.matter_to(
            caller, self._directory
        ):
            return (), ()
        source, target = resolved.source, resolved.target
        if source is not None:
            return (), await existing_tags.read(
                self._gate.store, source.bucket, source.key, source.version_id
            )
        return await existing_tags.read(
            self._gate.store, target.bucket, target.key or "", resolved.version_id
        ), ()

    def _common_keys(self, proved: Proved) -> dict[str, str | tuple[str, ...]]:
        in_query = proved.claim.form == "query"
        keys: dict[str, str | tuple[str, ...]] = {
            "s3:authtype": "REST-QUERY-STRING" if in_query else "REST-HEADER",
            "s3:signatureversion": "AWS4-HMAC-SHA256",
        }
        if in_query:
            signed = own.epoch(proved.claim.amz_date)
            keys["s3:signatureage"] = str(max(0, int((self._gate.clock() - signed) * 1000)))
        else:
            keys["s3:x-amz-content-sha256"] = proved.payload
        return keys

    # What becomes of it.

    async def _carry_out(
        self, resolved: Resolved, judge: Judge, facts: Facts, upload: Verified, proved: Proved
    ) -> None:
        buckets.check_acl(resolved)
        row = resolved.row
        if row.fate is Fate.REFUSED or (
            row.fate is Fate.STORE_ACTS and row.method not in {"GET", "HEAD"}
        ):
            raise unimplemented(row.name)
        await self._record("ok", "")
        if row.fate is Fate.OWN:
            await self._own(resolved, facts)
        elif row.name == "DeleteObjects":
            await self._delete_objects(resolved, judge, facts)
        elif row.name == "CreateBucket":
            await own.create_bucket(
                self._gate, facts, self._forwarding(resolved, facts, None, proved)
            )
            await self._respond(200, [(b"location", f"/{resolved.target.bucket}".encode())], b"")
        elif row.name == "DeleteBucket":
            assert facts.bucket is not None  # noqa: S101 - a bucket that is not known was refused
            await own.delete_bucket(
                self._gate, facts.bucket, self._forwarding(resolved, facts, None, proved)
            )
            await self._respond(204, [], b"")
        else:
            await self._forward(resolved, judge, facts, upload, proved)

    async def _own(self, resolved: Resolved, facts: Facts) -> None:
        caller = self._caller
        assert caller is not None  # noqa: S101 - proved before anything is carried out
        status, content = await own.answer(self._gate, self._directory, resolved, facts, caller)
        await self._respond(
            status, [(b"content-type", b"application/xml")] if content else [], content
        )

    async def _forward(
        self, resolved: Resolved, judge: Judge, facts: Facts, upload: Verified, proved: Proved
    ) -> None:
        copied = needs.copied_tags(resolved, facts)
        leaves_tags = await own.copies_no_tags(self._gate, judge, resolved, copied)
        streamed = upload if resolved.row.body == "stream" else None
        if streamed is not None and not streamed.length:
            # There is no last byte to hold back: everything is verified before the store hears of it.
            await body.whole(streamed, self._receive)
        outgoing = self._forwarding(resolved, facts, streamed, proved)
        if leaves_tags:
            outgoing = replace(
                outgoing, headers={**outgoing.headers, "x-amz-tagging-directive": "REPLACE"}
            )
        answer = await self._gate.store.send(outgoing)
        self._has_read_all = self._has_read_all or (streamed is not None and streamed.is_proved)
        try:
            refused = await answers.refusal(answer, resolved.row.name)
            if refused is not None:
                raise self._hiding(refused, resolved, judge, facts)
            if streamed is not None and not streamed.is_proved:
                raise S3Error(
                    "InternalError",
                    answers.INTERNAL,
                    operator="the store took a body that had not ended",
                )
            hidden = self._hidden(resolved, judge, facts)
            await self._start(answer.status, headers.answered(answer.headers, hidden))
            if resolved.row.method != "HEAD":
                async for piece in answer.content.iter_chunked(_PIECE):
                    await self._send(
                        {"type": "http.response.body", "body": piece, "more_body": True}
                    )
            await self._send({"type": "http.response.body", "body": b""})
        finally:
            answer.close() if not answer.content.at_eof() else answer.release()

    def _forwarding(
        self, resolved: Resolved, facts: Facts, upload: Verified | None, proved: Proved
    ) -> Outgoing:
        """Return the request for the store, built from what was resolved."""
        going = headers.forwarded(resolved.headers)
        if resolved.source is not None:
            going["x-amz-copy-source"] = resolved.source.header
        if upload is not None and upload.trailing:
            # The checksum came behind the body and is verified here; the store is not told of it.
            going.pop("x-amz-sdk-checksum-algorithm", None)
        content: bytes | AsyncIterator[bytes] | None = facts.body or None
        length, payload = len(facts.body), own.hash_of(facts.body)
        if upload is not None:
            length = upload.length
            content = body.flow(upload, self._receive)
            payload = proved.payload if HASH.fullmatch(proved.payload) else self._unsigned()
            if not length:
                content, payload = None, own.hash_of(b"")
        return Outgoing(
            method=resolved.row.method,
            path=resolved.target.path,
            query=resolved.query,
            headers=going,
            body=content,
            length=length,
            payload=payload,
            is_slow=resolved.row.name in _SLOW,
        )

    def _unsigned(self) -> str:
        return UNSIGNED if self._gate.store.is_tls else CHUNKED

    async def _delete_objects(self, resolved: Resolved, judge: Judge, facts: Facts) -> None:
        wanted = documents.deletion(facts.body)
        allowed, refused = [], []
        for entry in wanted.entries:
            if judge.allows(*needs.deletion(entry, resolved, facts)):
                allowed.append(entry)
            else:
                refused.append(entry)
        result = await own.delete_objects(self._gate, resolved, tuple(allowed))
        content = own.deletion_result(result, tuple(allowed), tuple(refused), quiet=wanted.quiet)
        await self._respond(200, [(b"content-type", b"application/xml")], content)

    # What a client may not see.

    def _hiding(self, refused: S3Error, resolved: Resolved, judge: Judge, facts: Facts) -> S3Error:
        """Turn "not there" into "not allowed" for those who may not list the bucket."""
        bucket = facts.bucket
        if (
            bucket is None
            or refused.status not in {404, 405}
            or resolved.row.level is not Level.OBJECT
        ):
            return refused
        action = "s3:ListBucketVersions" if resolved.version_id is not None else "s3:ListBucket"
        listing = Need(action, bucket.arn, bucket.owner, facts.common)
        return refused if judge.allows(listing) else errors.denied()

    def _hidden(self, resolved: Resolved, judge: Judge, facts: Facts) -> frozenset[str]:
        """Return the answer's headers that need a right of their own, and that the caller lacks."""
        bucket = facts.bucket
        if resolved.row.name not in {"GetObject", "HeadObject"} or bucket is None:
            return frozenset()
        resource = f"{bucket.arn}/{resolved.target.key}"
        rights = {
            "s3:GetObjectTagging": ("x-amz-tagging-count",),
            "s3:GetObjectRetention": (
                "x-amz-object-lock-mode",
                "x-amz-object-lock-retain-until-date",
            ),
            "s3:GetObjectLegalHold": ("x-amz-object-lock-legal-hold",),
        }
        return frozenset(
            name
            for action, names in rights.items()
            if not judge.allows(Need(action, resource, bucket.owner, facts.common))
            for name in names
        )

    # Out.

    async def _refuse(self, error: S3Error) -> None:
        await self._record_quietly(error)
        if self._started:
            # Bytes have gone out: the connection is all that is left to say it with.
            raise error
        content = (
            b""
            if self._scope["method"] == "HEAD"
            else errors.body(error, request_id=self._id, host_id=self._id)
        )
        extra = [(b"content-type", b"application/xml")] if content else []
        if error.close or not self._has_read_all:
            extra.append((b"connection", b"close"))
        await self._respond(error.status, extra, content)

    async def _respond(self, status: int, extra: list[tuple[bytes, bytes]], content: bytes) -> None:
        length = [] if status == 204 else [(b"content-length", b"%d" % len(content))]  # noqa: PLR2004 - No Content
        await self._start(status, [*extra, *length])
        await self._send({"type": "http.response.body", "body": content})

    async def _start(self, status: int, extra: list[tuple[bytes, bytes]]) -> None:
        own_headers = [(b"x-amz-request-id", self._id.encode()), (b"x-amz-id-2", self._id.encode())]
        self._started = True
        await self._send(
            {"type": "http.response.start", "status": status, "headers": [*own_headers, *extra]}
        )

    async def _record_quietly(self, error: S3Error) -> None:
        try:
            await self._record(error.code, error.operator or error.message)
        except Fault:
            # A refusal gives nothing away: it is told even where it cannot be written down.
            return

    async def _record(self, outcome: str, message: str) -> None:
        caller, claim, resolved = self._caller, self._claim, self._resolved
        client = self._scope.get("client")
        if (
            caller is not None
            and claim is not None
            and outcome == "ok"
            and caller.principal.kind is not Kind.ROOT
            and caller.session is None
        ):
            self._gate.usage.note(
                claim.access_key_id, LastUse(int(self._gate.clock()), "s3", claim.region)
            )
        await self._gate.record(
            Seen(
                request=self._id,
                operation=resolved.row.name if resolved else "",
                account=caller.account if caller else "",
                principal=caller.principal.arn if caller else "",
                key=claim.access_key_id if claim else "",
                source=client[0] if client else "",
                agent=self._framing.get("user-agent", ""),
                resource=resolved.target.path if resolved else "",
                outcome=outcome,
                message=message,
                revision=self._directory.revision,
            )
        )
