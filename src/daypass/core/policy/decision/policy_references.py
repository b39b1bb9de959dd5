"""Policies by name and hash: what a kept decision says of the documents that it was made from, without their text.

A hash names one text for ever. Whoever reads a decision later looks for that text, and says so where it is gone.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from daypass.core import quotas

CACHED_DIGESTS_MAX = 20_000
"""Hashes that are kept, as many as compiled documents."""


class PolicyReference(NamedTuple):
    """One document: its name for people, its ARN if it has one, and the SHA-256 of its text."""

    name: str
    arn: str
    digest: bytes
    is_denying: bool = False
    """Whether its denies alone counted; it may also have had nothing else."""


class PolicySetReference(NamedTuple):
    """The documents of one set; `digest` names them all, `policies` is empty where they are too many to be listed."""

    digest: bytes
    total: int
    policies: tuple[PolicyReference, ...]

    @property
    def is_listed(self) -> bool:
        """Say whether each document is named."""
        return len(self.policies) == self.total

    def without_long_list(self, most: int) -> "PolicySetReference":
        """Return the same without the list, if it names more than so many documents."""
        return self if self.total <= most else PolicySetReference(self.digest, self.total, ())


@lru_cache(maxsize=CACHED_DIGESTS_MAX)
def document_digest(text: str) -> bytes:
    """Return the SHA-256 of a document's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def reference_policies(policies: Iterable[PolicyReference]) -> PolicySetReference:
    """Return the documents of a set, listed if there is room for the list."""
    listed = tuple(policies)
    whole = hashlib.sha256()
    for each in listed:
        # Each part with its length, so that no two sets spell alike.
        for part in (
            each.name.encode("utf-8", "surrogatepass"),
            each.arn.encode("utf-8", "surrogatepass"),
            each.digest,
        ):
            whole.update(len(part).to_bytes(4, "big") + part)
        whole.update(bytes([each.is_denying]))
    size = sum(len(each.name) + len(each.arn) + len(each.digest) for each in listed)
    found = PolicySetReference(whole.digest(), len(listed), listed)
    return found if size <= quotas.REFERENCES_CHARACTERS_MAX else found.without_long_list(0)
