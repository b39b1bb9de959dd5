"""Policies by name and hash: how the record of a decision refers to policies without their text.

A hash names one text for ever. To explain a decision later, the text is looked up by its hash, and
the explanation says if it is gone.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from daypass.core import quotas

CACHED_DIGESTS_MAX = 20_000
"""How many hashes are cached: as many as compiled documents."""


class PolicyReference(NamedTuple):
    """One policy: its name for people, its ARN if it has one, and the SHA-256 of its text."""

    name: str
    arn: str
    digest: bytes
    is_denying: bool = False
    """Whether only its Deny statements counted; also True if it has no others."""


class PolicySetReference(NamedTuple):
    """The policies of one set: `digest` is a hash over all of them, `total` their number.

    `policies` is empty if they are too many to be listed.
    """

    digest: bytes
    total: int
    policies: tuple[PolicyReference, ...]

    @property
    def is_listed(self) -> bool:
        """Return whether every policy is listed."""
        return len(self.policies) == self.total

    def without_long_list(self, policies_max: int) -> "PolicySetReference":
        """Return the reference, without its list if that has more than `policies_max` policies."""
        return (
            self if self.total <= policies_max else PolicySetReference(self.digest, self.total, ())
        )


@lru_cache(maxsize=CACHED_DIGESTS_MAX)
def document_digest(text: str) -> bytes:
    """Return the SHA-256 of a document's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def reference_policies(policies: Iterable[PolicyReference]) -> PolicySetReference:
    """Return the reference of a set; its policies are listed if the list is not too long."""
    listed = tuple(policies)
    set_hash = hashlib.sha256()
    for each in listed:
        # Each part is preceded by its length, so that no two sets have the same bytes.
        for part in (
            each.name.encode("utf-8", "surrogatepass"),
            each.arn.encode("utf-8", "surrogatepass"),
            each.digest,
        ):
            set_hash.update(len(part).to_bytes(4, "big") + part)
        set_hash.update(bytes([each.is_denying]))
    size = sum(len(each.name) + len(each.arn) + len(each.digest) for each in listed)
    found = PolicySetReference(set_hash.digest(), len(listed), listed)
    return found if size <= quotas.REFERENCES_CHARACTERS_MAX else found.without_long_list(0)
