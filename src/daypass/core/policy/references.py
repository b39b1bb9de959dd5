"""Policies by name and hash: what a kept decision says of the documents that it was made from, without their text.

A hash names one text for ever. Whoever reads a decision later looks for that text, and says so where it is gone.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from daypass.core import quotas


class Reference(msgspec.Struct, frozen=True, array_like=True):
    """One document: its name for people, its ARN if it has one, and the SHA-256 of its text."""

    name: str
    arn: str
    digest: bytes
    is_denying: bool = False
    """Whether its denies alone counted; it may also have had nothing else."""


class References(msgspec.Struct, frozen=True, array_like=True):
    """The documents of one set; `digest` names them all, `policies` is empty where they are too many to be listed."""

    digest: bytes
    count: int
    policies: tuple[Reference, ...]

    @property
    def is_listed(self) -> bool:
        """Say whether each document is named."""
        return len(self.policies) == self.count

    def unlisted(self) -> "References":
        """Return the same without the list."""
        return References(self.digest, self.count, ())


def digest(text: str) -> bytes:
    """Return the SHA-256 of a document's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def referring(policies: Iterable[Reference]) -> References:
    """Return the documents of a set, listed if there is room for the list."""
    listed = tuple(policies)
    whole = hashlib.sha256()
    for each in listed:
        whole.update(_encoder.encode(each))
    size = sum(len(each.name) + len(each.arn) + len(each.digest) for each in listed)
    found = References(whole.digest(), len(listed), listed)
    return found if size <= quotas.REFERENCES_CHARACTERS_MAX else found.unlisted()


_encoder = msgspec.msgpack.Encoder()
