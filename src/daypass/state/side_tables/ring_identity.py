"""Which key ring a database belongs to: the deployment, and the newest root key that has sealed for it."""

from typing import NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.keyring import KeyRing
from daypass.core.sessions.secrets import UnreadableSecret, open_secret
from daypass.state.schema.tables import ring as table


class RingIdentity(NamedTuple):
    """A key ring, named without giving anything of it away."""

    version: int
    """The id of the newest root key."""
    deployment: str
    fingerprint: str
    """The newest root key's."""


def ring_identity_of(ring: KeyRing) -> RingIdentity:
    """Return the name of a ring."""
    newest = ring.keys[-1].id
    return RingIdentity(newest, ring.deployment, ring.fingerprint(newest))


def identity_mismatch(ring: KeyRing, named: RingIdentity) -> str:
    """Say why a ring is not the one that a database names, nor a later state of it; empty if it is."""
    if ring.deployment != named.deployment:
        return "the key ring belongs to another deployment than the database"
    newest = ring.keys[-1].id
    if newest < named.version:
        return (
            f"the key ring is older than the database: its newest root key is {newest},"
            f" the database was sealed with {named.version}"
        )
    known = {key.id for key in ring.keys}
    if named.version in known and ring.fingerprint(named.version) != named.fingerprint:
        return f"root key {named.version} of the key ring is not the one that the database was sealed with"
    return ""


def database_mismatch(connection: Connection, ring: KeyRing) -> str:
    """Say why a ring is not the one of a database; empty if it is.

    The first schema has no place for the name: there the ring has to open every secret that is sealed.
    """
    if sa.inspect(connection).has_table(table.name):
        named = read_ring_identity(connection)
        return identity_mismatch(ring, named) if named is not None else ""
    columns = "SELECT body FROM records WHERE kind = :kind"
    kinds: tuple[type[AccessKey | MFADevice], ...] = (AccessKey, MFADevice)
    for record in kinds:
        for (body,) in connection.execute(sa.text(columns), {"kind": record.kind}):
            try:
                _open_record_secret(msgspec.msgpack.decode(body, type=record), ring)
            except UnreadableSecret:
                return "the key ring does not open what the database holds"
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
    return ""


def _open_record_secret(record: AccessKey | MFADevice, ring: KeyRing) -> None:
    if isinstance(record, AccessKey):
        open_secret(record.secret, ring, owner=record.id)
    else:
        open_secret(record.seed, ring, owner=record.arn)


def read_ring_identity(connection: Connection) -> RingIdentity | None:
    """Return the name that a database has written down, None if it has none yet."""
    found = connection.execute(sa.select(table.c.version, table.c.name, table.c.fingerprint)).first()  # fmt: skip
    return None if found is None else RingIdentity(*found)


def write_ring_identity(connection: Connection, named: RingIdentity) -> None:
    """Write a ring's name down, in place of the one before; not that of an earlier state of it, which another node has got beyond."""
    known = read_ring_identity(connection)
    if known is not None and known.deployment == named.deployment and known.version >= named.version:  # fmt: skip
        return
    connection.execute(sa.delete(table))
    version, name, fingerprint = named
    connection.execute(sa.insert(table).values(version=version, name=name, fingerprint=fingerprint))
