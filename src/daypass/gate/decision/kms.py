"""Which KMS keys of the store may be asked for, where its operator has said so.

Keys belong to the store, and no policy here decides about them: without the operator's list anybody
who may write may name any. The list holds wherever a key can be named: headers, a form's fields,
the configuration of a bucket or an object.
"""

from collections.abc import Iterator

from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request.vocabulary import KMS_KEY

NONE, DEFAULT = "none", "default"
"""In the operator's list: no key at all; whichever the store takes where a request names none."""
_ALGORITHM_HEADER = "x-amz-server-side-encryption"
_KEY_HEADER = f"{_ALGORITHM_HEADER}-aws-kms-key-id"
_KEY_ELEMENTS = frozenset(
    {"KMSMasterKeyID", "KMSKeyArn", "KMSKeyId", "KeyId", "KmsKeyArn", "ReplicaKmsKeyID"}
)
"""Elements that name a key; S3 API reference, every string of the model that is a KMS key id or
ARN."""
_ALGORITHM_ELEMENTS = frozenset({"SSEAlgorithm", "SseAlgorithm", "EncryptionType"})
"""Elements that name an algorithm: one of KMS without a key takes the store's default."""
_KMS_ELEMENT = "SSE-KMS"
"""The element that stands for the algorithm by its name."""


def parse_key_list(text: str) -> frozenset[str]:
    """Read an operator's list, `none` or key ids, ARNs and `default` with commas between; raises `ValueError`."""
    found = [each.strip() for each in text.split(",")]
    if found == [NONE]:
        return frozenset()
    for each in found:
        if each == NONE or KMS_KEY.fullmatch(each) is None:
            raise ValueError(each)
    return frozenset(found)


def check_kms_keys(
    request: ResolvedRequest, document: XMLElement | None, keys: frozenset[str] | None
) -> None:
    """Raise `S3Error` AccessDenied for a key that is not listed; without a list every key may be used."""
    if keys is None:
        return
    named = set(_header_keys(request))
    if document is not None and request.row.method != "GET":
        named.update(_document_keys(document))
    for key in sorted(named - keys):
        what = "the store's default KMS key" if key == DEFAULT else f"the KMS key {key}"
        raise S3Error("AccessDenied", f"Access Denied: {what} may not be used here.")


def _header_keys(request: ResolvedRequest) -> Iterator[str]:
    key = request.headers.get(_KEY_HEADER)
    if key:
        yield key
    elif request.headers.get(_ALGORITHM_HEADER, "").startswith("aws:kms"):
        yield DEFAULT


def _document_keys(element: XMLElement) -> Iterator[str]:
    """Yield the keys that an element and all in it name."""
    keys = [child.text for child in element.children if child.name in _KEY_ELEMENTS and child.text]
    yield from keys
    is_kms = element.name == _KMS_ELEMENT or any(
        child.name in _ALGORITHM_ELEMENTS and child.text.startswith("aws:kms")
        for child in element.children
    )
    if is_kms and not keys:
        yield DEFAULT
    for child in element.children:
        yield from _document_keys(child)
