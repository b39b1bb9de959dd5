"""From a form to an upload: who signed its policy, whether it keeps to it, which object it makes, how it is answered.

A form is decided on as the PutObject that it is; nothing of it reaches the store but what its
fields were resolved to. Source: S3 API reference, "POST Object".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urlsplit

from daypass.core import form_policy
from daypass.core.faults import MissingField
from daypass.core.form_policy import PostPolicy
from daypass.core.http.fields import is_field_value
from daypass.gate import limits
from daypass.gate.authenticate import UNSIGNED, Proved, somebody
from daypass.gate.body.framing import checks_of
from daypass.gate.body.spool import Spool
from daypass.gate.body.verified import Plain, Verified
from daypass.gate.exchange import Asked, Peer, Receive, Wishes
from daypass.gate.forms import form_fields
from daypass.gate.forms.form_fields import Form
from daypass.gate.operations.writes import FORM_UPLOAD
from daypass.gate.parts import Gate
from daypass.gate.protocol import documents, errors
from daypass.gate.protocol.errors import S3Error, unimplemented
from daypass.gate.request import headers, target
from daypass.gate.request.model import operation_headers
from daypass.gate.request.resolved import Resolved
from daypass.gate.request.target import Target
from daypass.services.kit.access import Decided
from daypass.state.snapshot.directory import Directory
from daypass.wire.errors import xml_text

_LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)
_FILENAME = "${filename}"
_AS_HEADERS = frozenset(
    {"cache-control", "content-type", "content-disposition", "content-encoding", "expires"}
)
_SIGNING = frozenset({*form_policy.SIGNING_FIELDS, "x-amz-security-token"})
_STATUSES = frozenset({200, 201, 204})
_REDIRECTS = ("success_action_redirect", "redirect")


@dataclass(frozen=True, slots=True)
class FormUpload:
    """A form whose signer is proved and whose fields are as its policy wants them; its file is still to come."""

    form: Form
    proved: Proved
    policy: PostPolicy
    resolved: Resolved

    def longest(self, peer: Peer) -> int:
        """Return how long the file may be: by the policy, by our own bound, and by what the client says of the whole form."""
        bounds = [limits.FORM_FILE_BYTES_MAX]
        bounds += [] if self.policy.bytes_max is None else [self.policy.bytes_max]
        whole = peer.framing.get("content-length", "")
        bounds += [int(whole)] if _LENGTH.fullmatch(whole) else []
        return min(bounds)

    async def keep(self, spool: Spool, longest: int) -> str:
        """Read the file and return its SHA-256; raises `S3Error` for one that is longer or shorter than it may be."""
        await self.form.keep(spool, longest=longest)
        if spool.length < self.policy.bytes_min:
            raise S3Error(
                "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"
            )
        return await spool.finish()


async def read(
    gate: Gate, directory: Directory, peer: Peer, resolved: Resolved, receive: Receive
) -> FormUpload:
    """Read a form up to its file; raises `S3Error` or a fault for one that is not signed, or not as its policy says."""
    form = await form_fields.read(receive, peer.framing.get("content-type", ""))
    moment = gate.authority.moment()
    try:
        claimed = gate.authority.claimed_in_form(form.fields)
    except MissingField as fault:
        raise S3Error("InvalidArgument", fault.message) from None
    if claimed is None:
        raise errors.denied()
    signed = claimed.prove(regions=gate.rules.regions, directory=directory, moment=moment)
    fields = _filled(form, resolved.target.bucket)
    policy = form_policy.parse_post_policy(fields["policy"])
    policy.check_fields(fields, now=int(moment.wall))
    proof = signed.held_to(policy)
    proved = Proved(somebody(proof.caller), proof, claimed, UNSIGNED)
    return FormUpload(form, proved, policy, _upload(fields, resolved, gate))


def _filled(form: Form, bucket: str) -> dict[str, str]:
    """Return the fields as conditions see them: the key as it will be, the bucket that the request names."""
    key = form.fields.get("key", "")
    if not key:
        raise S3Error(
            "InvalidArgument",
            "Bucket POST must contain a field named 'key'.  If it is specified, please check "
            "the order of the fields.",
            details={"ArgumentName": "key"},
        )
    return {**form.fields, "key": key.replace(_FILENAME, form.filename), "bucket": bucket}


def _upload(fields: Mapping[str, str], resolved: Resolved, gate: Gate) -> Resolved:
    """Return the upload that the form is."""
    key = target.checked_text(fields["key"], dots=gate.rules.dot_segments)
    going = {name: value for name, value in fields.items() if name in _AS_HEADERS}
    for name, value in fields.items():
        if not name.startswith("x-amz-") or name in _SIGNING:
            continue
        if name not in operation_headers()[FORM_UPLOAD.model_name]:
            # What PutObject does not have as a header is none in a form.
            raise unimplemented(name)
        going[name] = value
    if "acl" in fields:
        _add(going, "x-amz-acl", fields["acl"])
    if fields.get("tagging"):
        tags = documents.tagging(fields["tagging"].encode())
        _add(going, "x-amz-tagging", urlencode(tags, quote_via=quote))
    return replace(
        resolved,
        row=FORM_UPLOAD,
        target=Target(resolved.target.bucket, key),
        headers=headers.admitted(going),
    )


def _add(going: dict[str, str], name: str, value: str) -> None:
    if name in going:
        raise S3Error("InvalidArgument", "A field was sent twice.", details={"ArgumentName": name})
    going[name] = value


def asked(
    gate: Gate, directory: Directory, peer: Peer, upload: FormUpload, decisions: list[Decided]
) -> Asked:
    """Return the upload as a request whose body is not here yet."""
    fields = upload.form.fields
    text = fields.get("success_action_status", "")
    status = int(text) if text.isascii() and text.isdigit() and len(text) == 3 else 204  # noqa: PLR2004 - digits of a status
    redirect = ""
    for name in _REDIRECTS:
        if _is_address(fields.get(name, "")) and upload.policy.fixes_host(name):
            redirect = redirect or fields[name]
    wishes = Wishes(status if status in _STATUSES else 204, redirect)
    url = f"{peer.url.rstrip('/')}/{quote(upload.resolved.target.key or '', safe='/~')}"
    empty = Verified(0, Plain())
    return Asked(
        gate=gate,
        directory=directory,
        peer=replace(peer, url=url),
        resolved=upload.resolved,
        proved=upload.proved,
        upload=empty,
        receive=_nothing,
        decided=gate.steady(),
        form=wishes,
        decisions=decisions,
    )


def _is_address(text: str) -> bool:
    """Say whether a browser can be led there; it would be too late to find out when the object is stored."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and is_field_value(text)


async def _nothing() -> dict[str, object]:
    return {"type": "http.request", "body": b"", "more_body": False}


def spool_for(upload: FormUpload) -> Spool:
    """Return where the file will wait, checked against what the form's fields say of it."""
    return Spool(checks_of(upload.resolved))


def with_file(waiting: Asked, spool: Spool, digest: str) -> Asked:
    """Return the upload with its body, as if a client had sent it with its hash."""
    return replace(
        waiting,
        proved=replace(waiting.proved, payload=digest),
        upload=Verified(spool.length, Plain()),
        receive=spool.receive,
    )


def answer_to_form(
    asked: Asked, stored: Mapping[bytes, bytes]
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return status, headers and document of the answer to a form, once the object is stored."""
    wishes, where = asked.form, asked.resolved.target
    assert wishes is not None  # noqa: S101 - the answer to a form
    etag = stored.get(b"etag", b"").decode("latin-1")
    kept = [pair for pair in stored.items() if pair[0] not in {b"content-length", b"content-type"}]
    if wishes.redirect:
        stored_as = urlencode({"bucket": where.bucket, "key": where.key or "", "etag": etag})
        joint = "&" if urlsplit(wishes.redirect).query else "?"
        location = quote(f"{wishes.redirect}{joint}{stored_as}", safe="!#$%&'()*+,/:;=?@[]~")
        return 303, [*kept, (b"location", location.encode())], b""
    kept.append((b"location", asked.peer.url.encode("latin-1")))
    if wishes.status != 201:  # noqa: PLR2004 - Created has a document
        return wishes.status, kept, b""
    inside = (
        f"<Location>{xml_text(asked.peer.url)}</Location><Bucket>{where.bucket}</Bucket>"
        f"<Key>{xml_text(where.key or '')}</Key><ETag>{xml_text(etag)}</ETag>"
    )
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{inside}</PostResponse>'
    return 201, [*kept, (b"content-type", b"application/xml")], document.encode()
