"""Kinds of partitions: groups of records that are committed and read together.

A partition's name tells its kind: `o-…` is an organization, `ssoins-…` an Identity Center
instance, `d-…` its identity store, `person-…` what one person's sign-ins change, `global` is what
all accounts share, digits are an account.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """A kind of partition; a record class declares in which kinds its records are stored.

    A prefix ends with its first dash, so that a name belongs to one kind whatever follows.
    """

    name: str
    prefix: str = ""
    """The prefix of these partitions' names; empty for accounts and for a single partition."""
    single_name: str = ""
    """The name of the only partition of this kind; empty if there are many."""

    @property
    def name_start(self) -> str:
        """Return the text that every name of this kind starts with."""
        return self.single_name or self.prefix


GLOBAL = "global"
"""The partition of records whose names are unique over all accounts, such as buckets."""

AWS = "aws"
"""The partition of the policies that AWS manages: `arn:aws:iam::aws:policy/…`."""

ACCOUNT = Partition("account")
"""An account, named by its twelve digits; every name of no other kind is an account's."""
ORGANIZATION = Partition("organization", prefix="o-")
INSTANCE = Partition("Identity Center instance", prefix="ssoins-")
"""An instance of IAM Identity Center: its settings, permission sets, assignments, provisioned
roles."""
IDENTITY_STORE = Partition("identity store", prefix="d-")
"""The people, groups and memberships of an instance."""
PERSON = Partition("person", prefix="person-")
"""What one person's sign-ins change, apart from the store, so that no sign-in makes another's write
run again."""
OWNED_BY_AWS = Partition("AWS", single_name=AWS)
SHARED = Partition("shared", single_name=GLOBAL)
"""Records that all accounts share."""
