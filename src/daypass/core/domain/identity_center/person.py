"""The record of a person in an identity store: a user of IAM Identity Center.

AWS calls it a user too; here it is a person, because `User` is IAM's.
"""

from typing import ClassVar

import msgspec

from daypass.core.domain.partition import IDENTITY_STORE, Partition
from daypass.core.domain.record import Record


class PersonName(msgspec.Struct, frozen=True, array_like=True):
    """The parts of a person's name; empty parts are not set."""

    formatted: str = ""
    family_name: str = ""
    given_name: str = ""
    middle_name: str = ""
    honorific_prefix: str = ""
    honorific_suffix: str = ""


class TypedValue(msgspec.Struct, frozen=True, array_like=True):
    """An e-mail address, telephone number, photo or role of a person; empty parts are not set."""

    value: str = ""
    type: str = ""
    primary: bool = False
    display: str = ""


class Address(msgspec.Struct, frozen=True, array_like=True):
    """A postal address of a person; empty parts are not set."""

    street: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    formatted: str = ""
    type: str = ""
    primary: bool = False


class Enterprise(msgspec.Struct, frozen=True, array_like=True):
    """The attributes of the extension `aws:identitystore:enterprise`; empty ones are not set."""

    employee_number: str = ""
    cost_center: str = ""
    organization: str = ""
    division: str = ""
    department: str = ""
    manager: str = ""


class Profile(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The attributes of a person that only describe them; empty ones are not set."""

    name: PersonName = PersonName()
    display_name: str = ""
    nick_name: str = ""
    profile_url: str = ""
    emails: tuple[TypedValue, ...] = ()
    addresses: tuple[Address, ...] = ()
    phone_numbers: tuple[TypedValue, ...] = ()
    photos: tuple[TypedValue, ...] = ()
    roles: tuple[TypedValue, ...] = ()
    user_type: str = ""
    title: str = ""
    preferred_language: str = ""
    locale: str = ""
    timezone: str = ""
    website: str = ""
    birthdate: str = ""
    enterprise: Enterprise = Enterprise()


NO_PROFILE = Profile()
_decode_profile = msgspec.msgpack.Decoder(Profile).decode


def encode_profile(profile: Profile) -> bytes:
    """Return a profile as a person's record holds it; empty for one without attributes."""
    return b"" if profile == NO_PROFILE else msgspec.msgpack.encode(profile)


class Person(Record, frozen=True, kw_only=True):
    """A person; `id` never changes, and is never given to another one.

    `generation` rises whenever everything that the person has opened ends: when an administrator
    disables the person or signs them out. A session or a token names the generation it was opened
    in, and is refused in another one.
    """

    kind: ClassVar[str] = "person"
    partitions: ClassVar[tuple[Partition, ...]] = (IDENTITY_STORE,)
    grouped_by: ClassVar[tuple[str, ...]] = ("folded_name", "email")
    secrets: ClassVar[frozenset[str]] = frozenset({"encoded_profile"})
    """A profile is not encrypted, but as personal as it is, it does not belong in a log."""
    shared: ClassVar[tuple[str, ...]] = ("id", "name", "folded_name", "created_by", "updated_by")
    id: str
    """A UUID."""
    name: str
    """The user name, as it was sent."""
    folded_name: str
    """The user name as it is compared (`core.identity_center.folding`); unique in the store."""
    created: int
    created_by: str
    """The ARN, or the operator's name, of whoever created the person."""
    updated: int = 0
    """When the person was last changed; 0 for never."""
    updated_by: str = ""
    revision: int = 1
    """The number of changes of the person, which a change may name."""
    email: str = ""
    """The primary e-mail address as it is compared; empty without one; unique in the store."""
    is_enabled: bool = True
    generation: int = 0
    ended_by: str = ""
    """Who ended what the person had opened, when `generation` rose last: `administrator` or
    `person`; empty if it never did."""
    encoded_profile: bytes = b""
    """The profile, encoded: a directory of a hundred thousand people takes half the memory so, and
    few profiles are read."""

    @property
    def key(self) -> str:
        """Return the person's id."""
        return self.id

    @property
    def profile(self) -> Profile:
        """Return the attributes that only describe the person."""
        return _decode_profile(self.encoded_profile) if self.encoded_profile else NO_PROFILE

    @property
    def arn(self) -> str:
        """Return the person's ARN, which names neither account nor store."""
        return f"arn:aws:identitystore:::user/{self.id}"
