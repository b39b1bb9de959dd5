"""Access that a store itself grants to a bucket, outside the gate: policy, ACL, website and so on.

The gate's policies do not apply to it, so it is checked before a bucket is adopted.
"""

from collections.abc import Callable, Mapping

from daypass.gate import limits
from daypass.gate.protocol import documents, store_answers, store_errors
from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.request_target import RequestTarget
from daypass.gate.store.store_request import StoreRequest
from daypass.gate.store.upstream import ObjectStore

_OK = 200
_ABSENT = frozenset({404, 405, 501})


async def ungoverned_access(store: ObjectStore, bucket: str) -> tuple[str, ...]:
    """Return descriptions of the access that a store itself grants to a bucket.

    An answer that does not say counts as access. Raises `S3Error` ServiceUnavailable for a store
    that cannot be reached.
    """
    descriptions = []
    for selector, (description, is_there) in _ACCESS_BY_SELECTOR.items():
        answer = await store.send(
            StoreRequest("GET", RequestTarget(bucket, None).path, f"{selector}=")
        )
        try:
            content = await store_answers.read_whole(answer, limits.XML_BYTES_MAX)
        finally:
            answer.release()
        if answer.status in _ABSENT and store_errors.error_code(store_errors.parse_error(content)):
            continue
        if answer.status != _OK:
            descriptions.append(f"perhaps {description}: it answers {answer.status}")
        elif is_there(content):
            descriptions.append(description)
    return tuple(descriptions)


def _always(_content: bytes) -> bool:
    return True


def _has_notifications(content: bytes) -> bool:
    root = _parse_root(content, "NotificationConfiguration")
    return root is None or bool(root.children)


def _has_grants(content: bytes) -> bool:
    """Say whether an ACL grants access to others than the bucket's owner."""
    root = _parse_root(content, "AccessControlPolicy")
    if root is None:
        return True
    owners = [owner.child_text("ID") for owner in root.children_named("Owner")]
    grantees = [
        grantee.child_text("ID")
        for grants in root.children_named("AccessControlList")
        for grant in grants.children_named("Grant")
        for grantee in grant.children_named("Grantee")
    ]
    return any(grantee is None or grantee not in owners for grantee in grantees)


def _parse_root(content: bytes, name: str) -> XMLElement | None:
    """Return the root of a document with this root name; None for any other document."""
    try:
        root = documents.parse_xml(content)
    except S3Error:
        return None
    return root if root.name == name else None


_ACCESS_BY_SELECTOR: Mapping[str, tuple[str, Callable[[bytes], bool]]] = {
    "policy": ("a policy of its own", _always),
    "acl": ("grants to others than its owner in its ACL", _has_grants),
    "website": ("a website", _always),
    "notification": ("notifications", _has_notifications),
    "replication": ("a replication", _always),
}
