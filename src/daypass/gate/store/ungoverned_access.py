"""What a store itself does with a bucket that is adopted: doors and deeds beside the gate, which no policy here reaches."""

from collections.abc import Callable, Mapping

from daypass.gate import limits
from daypass.gate.protocol import documents, store_answers, store_errors
from daypass.gate.protocol.documents import Element
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.request_target import Target
from daypass.gate.store.upstream import Outgoing, Store

_OK = 200
_ABSENT = frozenset({404, 405, 501})


async def doors(store: Store, bucket: str) -> tuple[str, ...]:
    """Return what the store itself has for a bucket, in words; what it does not tell counts as there.

    Raises `S3Error` ServiceUnavailable for a store that cannot be reached.
    """
    found = []
    for selector, (what, is_there) in _LOOKED_FOR.items():
        answer = await store.send(Outgoing("GET", Target(bucket, None).path, f"{selector}="))
        try:
            content = await store_answers.whole(answer, limits.XML_BYTES_MAX)
        finally:
            answer.release()
        if answer.status in _ABSENT and store_errors.code_of(store_errors.read_error(content)):
            continue
        if answer.status != _OK:
            found.append(f"perhaps {what}: it answers {answer.status}")
        elif is_there(content):
            found.append(what)
    return tuple(found)


def _any(_content: bytes) -> bool:
    return True


def _has_notifications(content: bytes) -> bool:
    root = _read(content, "NotificationConfiguration")
    return root is None or bool(root.children)


def _has_grants(content: bytes) -> bool:
    """Say whether an ACL grants anything to anybody but the bucket's owner."""
    root = _read(content, "AccessControlPolicy")
    if root is None:
        return True
    owners = [owner.one("ID") for owner in root.all("Owner")]
    grantees = [
        grantee.one("ID")
        for grants in root.all("AccessControlList")
        for grant in grants.all("Grant")
        for grantee in grant.all("Grantee")
    ]
    return any(grantee is None or grantee not in owners for grantee in grantees)


def _read(content: bytes, name: str) -> Element | None:
    """Return the root of a document that has to have this name; None for any other."""
    try:
        root = documents.read(content)
    except S3Error:
        return None
    return root if root.name == name else None


_LOOKED_FOR: Mapping[str, tuple[str, Callable[[bytes], bool]]] = {
    "policy": ("a policy of its own", _any),
    "acl": ("grants to others than its owner in its ACL", _has_grants),
    "website": ("a website", _any),
    "notification": ("notifications", _has_notifications),
    "replication": ("a replication", _any),
}
