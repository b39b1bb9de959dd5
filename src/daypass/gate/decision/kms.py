"""The operator's list of KMS keys at the store that requests may name.

Keys belong to the store, and no policy here decides about them: without the list, anybody who may
write may name any key. The list applies wherever a key can be named: headers, a form's fields, the
configuration of a bucket or an object.
"""

from collections.abc import Iterator

from daypass.gate.protocol.documents import XMLElement
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.request.vocabulary import KMS_KEY

NONE, DEFAULT = "none", "default"
"""In the operator's list: no key at all; the key that the store uses if a request names none."""
_ALGORITHM_HEADER = "x-amz-server-side-encryption"
_KEY_HEADER = f"{_ALGORITHM_HEADER}-aws-kms-key-id"
_KEY_ELEMENTS = frozenset(
    {"KMSMasterKeyID", "KMSKeyArn", "KMSKeyId", "KeyId", "KmsKeyArn", "ReplicaKmsKeyID"}
)
"""Elements that name a key; S3 API reference, every string of the model that is a KMS key id or
ARN."""
_ALGORITHM_ELEMENTS = frozenset({"SSEAlgorithm", "SseAlgorithm", "EncryptionType"})
"""Elements that name an algorithm: a KMS one without a key uses the store's default key."""
_KMS_ELEMENT = "SSE-KMS"
"""The element whose name stands for the algorithm."""


def parse_key_list(text: str) -> frozenset[str]:
    """Return an operator's list: `none`, or key ids, ARNs and `default` separated by commas.

    Raises `ValueError` for any other text.
    """
    keys = [each.strip() for each in text.split(",")]
    if keys == [NONE]:
        return frozenset()
    for each in keys:
        if each == NONE or KMS_KEY.fullmatch(each) is None:
            raise ValueError(each)
    return frozenset(keys)


def check_kms_keys(
    request: ResolvedRequest, document: XMLElement | None, keys: frozenset[str] | None
) -> None:
    """Raise `S3Error` AccessDenied if a request names a KMS key not in `keys`; None allows all."""
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
    """Yield the keys that an element and its descendants name."""
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
