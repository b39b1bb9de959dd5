"""Identity of the key ring that a database is sealed with: its deployment and newest root key."""

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
    """What identifies a key ring without revealing any of it."""

    version: int
    """The id of the newest root key."""
    deployment: str
    fingerprint: str
    """The newest root key's fingerprint."""


def ring_identity_of(ring: KeyRing) -> RingIdentity:
    """Return the identity of a key ring."""
    newest = ring.keys[-1].id
    return RingIdentity(newest, ring.deployment, ring.fingerprint(newest))


def identity_mismatch(ring: KeyRing, recorded: RingIdentity) -> str:
    """Return why `ring` is neither the recorded ring nor a later state of it; empty if it is."""
    if ring.deployment != recorded.deployment:
        return "the key ring belongs to another deployment than the database"
    newest = ring.keys[-1].id
    if newest < recorded.version:
        return (
            f"the key ring is older than the database: its newest root key is {newest},"
            f" the database was sealed with {recorded.version}"
        )
    known = {key.id for key in ring.keys}
    if recorded.version in known and ring.fingerprint(recorded.version) != recorded.fingerprint:
        return (
            f"root key {recorded.version} of the key ring"
            " is not the one that the database was sealed with"
        )
    return ""


def database_mismatch(connection: Connection, ring: KeyRing) -> str:
    """Return why `ring` is not the key ring of a database; empty if it is.

    The first schema does not record an identity: there the ring has to open every sealed
    secret.
    """
    if sa.inspect(connection).has_table(table.name):
        recorded = read_ring_identity(connection)
        return identity_mismatch(ring, recorded) if recorded is not None else ""
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
    """Open a record's secret, which raises `UnreadableSecret` if the ring cannot."""
    if isinstance(record, AccessKey):
        open_secret(record.secret, ring, owner=record.id)
    else:
        open_secret(record.seed, ring, owner=record.arn)


def read_ring_identity(connection: Connection) -> RingIdentity | None:
    """Return the key ring's identity as recorded in the database, None if there is none yet."""
    found = connection.execute(
        sa.select(table.c.version, table.c.name, table.c.fingerprint)
    ).first()
    return None if found is None else RingIdentity(*found)


def write_ring_identity(connection: Connection, identity: RingIdentity) -> None:
    """Record the identity of a key ring, unless it is recorded in the same or a later state."""
    known = read_ring_identity(connection)
    if (
        known is not None
        and known.deployment == identity.deployment
        and known.version >= identity.version
    ):
        return
    connection.execute(sa.delete(table))
    version, name, fingerprint = identity
    connection.execute(sa.insert(table).values(version=version, name=name, fingerprint=fingerprint))
