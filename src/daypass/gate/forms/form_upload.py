"""A browser's form as an upload: its signer, its policy, the object that it writes, its answer.

A form is authorized as the PutObject that it is; the store gets only what its fields were resolved
to. Source: S3 API reference, "POST Object".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from msgspec.structs import replace

from daypass.core import form_policy
from daypass.core.faults import MissingField
from daypass.core.form_policy import PostPolicy
from daypass.core.http.fields import is_field_value
from daypass.gate import limits
from daypass.gate.authenticate import UNSIGNED, Sender, require_caller
from daypass.gate.body.body_framing import declared_checks
from daypass.gate.body.spool import Spool
from daypass.gate.body.verified_body import UnframedDecoder, VerifiedBody
from daypass.gate.forms import form_fields
from daypass.gate.forms.form_fields import UploadForm
from daypass.gate.operations.writes import FORM_UPLOAD
from daypass.gate.protocol import errors, tag_sets
from daypass.gate.protocol.errors import S3Error, not_implemented
from daypass.gate.request import headers, request_target
from daypass.gate.request.operation_headers import operation_headers
from daypass.gate.request.request_target import RequestTarget
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request_context import ClientConnection, FormReplyOptions, Receive, RequestContext
from daypass.gate.s3_gate import Gate
from daypass.services.kit.authorization import AuditedDecision
from daypass.state.snapshot.directory import Directory
from daypass.wire.errors import xml_text

_LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)
_FILENAME = "${filename}"
_HEADER_FIELDS = frozenset(
    {"cache-control", "content-type", "content-disposition", "content-encoding", "expires"}
)
_SIGNING_FIELDS = frozenset({*form_policy.SIGNING_FIELDS, "x-amz-security-token"})
_STATUSES = frozenset({200, 201, 204})
_REDIRECTS = ("success_action_redirect", "redirect")


@dataclass(frozen=True, slots=True)
class FormUpload:
    """A form with a proved signer and fields that satisfy its policy, its file unread."""

    form: UploadForm
    sender: Sender
    policy: PostPolicy
    resolved: ResolvedRequest

    def file_bytes_max(self, client: ClientConnection) -> int:
        """Return the longest allowed file: by the policy, our own bound, and the form's length."""
        bounds = [limits.FORM_FILE_BYTES_MAX]
        bounds += [] if self.policy.bytes_max is None else [self.policy.bytes_max]
        form_length = client.framing.get("content-length", "")
        bounds += [int(form_length)] if _LENGTH.fullmatch(form_length) else []
        return min(bounds)

    async def spool_file(self, spool: Spool, bytes_max: int) -> str:
        """Read the file and return its SHA-256 in hex; raises `S3Error` for a wrong length."""
        await self.form.spool_file(spool, bytes_max=bytes_max)
        if spool.length < self.policy.bytes_min:
            raise S3Error(
                "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
            )
        return await spool.finish()


async def read_form_upload(
    gate: Gate,
    directory: Directory,
    client: ClientConnection,
    resolved: ResolvedRequest,
    receive: Receive,
) -> FormUpload:
    """Return a form as an upload, read up to its file.

    Raises `S3Error` or a fault for a form that is not signed, or that violates its policy.
    """
    form = await form_fields.read_form(receive, client.framing.get("content-type", ""))
    moment = gate.authority.moment()
    try:
        claim = gate.authority.form_claim(form.fields)
    except MissingField as fault:
        raise S3Error("InvalidArgument", fault.message) from None
    if claim is None:
        raise errors.access_denied()
    signed = claim.prove(regions=gate.rules.regions, directory=directory, moment=moment)
    fields = _policy_fields(form, resolved.target.bucket)
    policy = form_policy.parse_post_policy(fields["policy"])
    policy.check_fields(
        fields,
        now=int(moment.wall),
        is_signed_by_version_2=claim.signature_version == "AWS",
    )
    proof = signed.prove_upload(policy)
    sender = Sender(require_caller(proof.caller), proof, claim, UNSIGNED)
    return FormUpload(form, sender, policy, _upload_request(fields, resolved, gate))


def _policy_fields(form: UploadForm, bucket: str) -> dict[str, str]:
    """Return the fields for the policy's conditions, with the final key and the bucket."""
    key = form.fields.get("key", "")
    if not key:
        raise S3Error(
            "InvalidArgument",
            "Bucket POST must contain a field named 'key'.  If it is specified, please check "
            "the order of the fields.",
            details={"ArgumentName": "key"},
        )
    return {**form.fields, "key": key.replace(_FILENAME, form.filename), "bucket": bucket}


def _upload_request(
    fields: Mapping[str, str], resolved: ResolvedRequest, gate: Gate
) -> ResolvedRequest:
    """Return the resolved request of the upload."""
    key = request_target.checked_key(fields["key"], allow_dot_segments=gate.rules.dot_segments)
    header_fields = {name: value for name, value in fields.items() if name in _HEADER_FIELDS}
    for name, value in fields.items():
        if not name.startswith("x-amz-") or name in _SIGNING_FIELDS:
            continue
        if name not in operation_headers()[FORM_UPLOAD.model_name]:
            # A field that PutObject does not have as a header is no header in a form either.
            raise not_implemented(name)
        header_fields[name] = value
    if "acl" in fields:
        _add_header(header_fields, "x-amz-acl", fields["acl"])
    if fields.get("tagging"):
        tags = tag_sets.parse_tagging(fields["tagging"].encode())
        _add_header(header_fields, "x-amz-tagging", urlencode(tags, quote_via=quote))
    return replace(
        resolved,
        row=FORM_UPLOAD,
        target=RequestTarget(resolved.target.bucket, key),
        headers=headers.checked_headers(header_fields),
    )


def _add_header(header_fields: dict[str, str], name: str, value: str) -> None:
    if name in header_fields:
        raise S3Error("InvalidArgument", "A field was sent twice.", details={"ArgumentName": name})
    header_fields[name] = value


def upload_context(
    gate: Gate,
    directory: Directory,
    client: ClientConnection,
    upload: FormUpload,
    decisions: list[AuditedDecision],
) -> RequestContext:
    """Return the context of the upload, whose body has not been read yet."""
    fields = upload.form.fields
    text = fields.get("success_action_status", "")
    status = int(text) if text.isascii() and text.isdigit() and len(text) == 3 else 204  # noqa: PLR2004
    redirect = ""
    for name in _REDIRECTS:
        if _is_redirect_url(fields.get(name, "")) and upload.policy.fixes_host(name):
            redirect = redirect or fields[name]
    reply_options = FormReplyOptions(status if status in _STATUSES else 204, redirect)
    url = f"{client.url.rstrip('/')}/{quote(upload.resolved.target.key or '', safe='/~')}"
    empty = VerifiedBody(0, UnframedDecoder())
    return RequestContext(
        gate=gate,
        directory=directory,
        client=replace(client, url=url),
        resolved=upload.resolved,
        sender=upload.sender,
        upload=empty,
        receive=_empty_body,
        moment=gate.authority.moment(),
        form_reply=reply_options,
        decisions=decisions,
    )


def _is_redirect_url(text: str) -> bool:
    """Say whether a text is a URL that a browser can be redirected to.

    It is checked before the object is stored, because afterwards it would be too late.
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and is_field_value(text)


async def _empty_body() -> dict[str, object]:
    return {"type": "http.request", "body": b"", "more_body": False}


def form_spool(upload: FormUpload) -> Spool:
    """Return an empty spool for the file, with the checks that the form's fields declare."""
    return Spool(declared_checks(upload.resolved))


def with_file(ctx: RequestContext, spool: Spool, digest: str) -> RequestContext:
    """Return the context with the spooled file as its body, as if sent with its SHA-256."""
    return replace(
        ctx,
        sender=replace(ctx.sender, payload_hash=digest),
        upload=VerifiedBody(spool.length, UnframedDecoder()),
        receive=spool.receive,
    )


def form_answer(
    ctx: RequestContext, stored: Mapping[bytes, bytes]
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return status, headers and document of the answer to a form, once the object is stored."""
    reply_options, target = ctx.form_reply, ctx.resolved.target
    assert reply_options is not None  # noqa: S101 - the answer to a form
    etag = stored.get(b"etag", b"").decode("latin-1")
    headers_of_answer = [
        pair for pair in stored.items() if pair[0] not in {b"content-length", b"content-type"}
    ]
    if reply_options.redirect:
        stored_as = urlencode({"bucket": target.bucket, "key": target.key or "", "etag": etag})
        joint = "&" if urlsplit(reply_options.redirect).query else "?"
        location = quote(f"{reply_options.redirect}{joint}{stored_as}", safe="!#$%&'()*+,/:;=?@[]~")
        return 303, [*headers_of_answer, (b"location", location.encode())], b""
    headers_of_answer.append((b"location", ctx.client.url.encode("latin-1")))
    if reply_options.status != 201:  # noqa: PLR2004 - Created has a document
        return reply_options.status, headers_of_answer, b""
    inside = (
        f"<Location>{xml_text(ctx.client.url)}</Location><Bucket>{target.bucket}</Bucket>"
        f"<Key>{xml_text(target.key or '')}</Key><ETag>{xml_text(etag)}</ETag>"
    )
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inside}</PostResponse>'
    return 201, [*headers_of_answer, (b"content-type", b"application/xml")], document.encode()
