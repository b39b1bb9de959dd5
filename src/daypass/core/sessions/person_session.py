"""Whose session it is, if a person of IAM Identity Center opened it, and with which permission set.

A role session that GetRoleCredentials issues has this sealed in its token, and so has every session
that is chained from it, so that each ends as soon as the person's access ends
(`services.kit.identity_center.person_sessions`).
"""

import msgspec


class PersonSession(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The person behind a session, and the assignment that it stands on."""

    instance: str
    """The id of the Identity Center instance, `ssoins-…`."""
    store: str
    """The id of its identity store, `d-…`."""
    person: str
    """The person's id, `UserId` in the identity store."""
    account: str
    """The account of the first role session; a chained session may be of another account."""
    permission_set: str
    """The permission set's id, `ps-…`."""
    role_id: str
    """The unique id of the role that the set was provisioned as: a role that is made again is
    another one."""
    generation: int
    """The person's generation when the first session was issued."""
    started: int
    """When the first session was issued, in seconds since 1970."""
