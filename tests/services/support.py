"""Operations called as functions: of a snapshot, a caller and parameters, to an answer and changes.

No wire, signature, authorization or database: these have suites of their own, on a running server.
Parameters have AWS's names; they are checked against the model of the service, so that no test
makes a call that a client could not make.
"""

import base64
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from msgspec.structs import replace
from pyotp import TOTP

from daypass.core.domain.account import Account
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import Fault
from daypass.core.keyring import KeyRing
from daypass.core.organizations.settings import OrganizationSettings
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.core.sessions.keyids import access_key_id
from daypass.core.sessions.secrets import seal_secret
from daypass.core.slices import at_once
from daypass.services.iam.policies import aws_managed
from daypass.services.kit import caller as callers
from daypass.services.kit.authorization_question import Circumstances
from daypass.services.kit.caller import Caller
from daypass.services.kit.context import Context
from daypass.services.registry import SERVICES
from daypass.state.changes import Put
from daypass.state.last_uses import LastUse, LastUses
from daypass.state.snapshot.directory import Directory
from daypass.wire import catalog, paginate

ACCOUNT = "111122223333"
OTHER = "444455556666"
"""Another account, which is there once its record is put."""
NOW = 1_767_225_600
REGION = "us-east-1"
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
SEED = base64.b32encode(bytes(range(40))).decode("ascii")
TRUST = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
)


class Snapshot:
    """A small directory that calls of operations change, a key ring, and last uses."""

    def __init__(self, *records, account=ACCOUNT):
        self.account_id = account
        self.ring = KeyRing.new(bytes(range(48)), now=1)
        self.usage = LastUses()
        self.settings = OrganizationSettings()
        self.known = {}
        """What calls need beside the snapshot, by the fact."""
        self.tickets = []
        """What was taken so far, in order."""
        self._drawn = 0
        self.directory = Directory().changed(
            [Put(each) for each in (*aws_managed.bundled_policies(), an_account(account))], 0
        )
        self.put(*records)

    @property
    def account(self):
        """Return the view of the account that callers belong to by default."""
        return self.directory.account(self.account_id)

    def put(self, *records):
        """Put records into the directory; return the first."""
        self.directory = self.directory.changed(
            [Put(each) for each in records], self.directory.revision + 1
        )
        return records[0] if records else None

    def used(self, thing, when, service="sts"):
        """Record a last use of a role or a key."""
        self.usage.record(thing, LastUse(when, service, REGION))

    def root(self, account=None):
        """Return root of the account, or of another, as a caller."""
        account = account or self.account_id
        return Caller(
            Principal(PrincipalKind.ROOT, f"arn:aws:iam::{account}:root", account), "AKIAROOT", None
        )

    def caller(self, record):
        """Return a user, or a role's session, as a caller."""
        if isinstance(record, User):
            return Caller(
                Principal(
                    PrincipalKind.USER, record.arn, record.account, unique_id=record.unique_id
                ),
                "AKIAUSER",
                record,
                tags=record.tags,
            )
        assert isinstance(record, Role)
        session = f"arn:aws:sts::{record.account}:assumed-role/{record.name}/session"
        return Caller(
            Principal(
                PrincipalKind.ROLE_SESSION, session, record.account, unique_id=record.unique_id
            ),
            "ASIAROLE",
            record,
        )

    def proved(self, credentials, *, now=NOW):
        """Return the caller that an answer's `Credentials` stand for; raises what signing would."""
        return callers.find_credential(
            self.directory,
            self.ring,
            access_key_id=credentials["AccessKeyId"],
            token=credentials.get("SessionToken", ""),
            steady=now,
        ).caller

    def device(self, name, *, owner=None, **more):
        """Put a virtual MFA device with the seed `SEED`, enabled if it has an owner."""
        unsealed = MFADevice(
            account=ACCOUNT,
            name=name,
            seed=b"",
            owner=owner.unique_id if owner else "",
            enabled=1 if owner else 0,
            **more,
        )
        return self.put(
            replace(
                unsealed, seed=seal_secret(SEED, self.ring, owner=unsealed.arn, nonce=bytes(12))
            )
        )

    def context(self, caller=None, *, now=NOW):
        """Return the context of a run; without a caller, root's."""
        return Context(
            directory=self.directory,
            caller=caller or self.root(),
            circumstances=Circumstances(now=now, source_ip="192.0.2.1", secure=True, region=REGION),
            entropy=self._entropy,
            keyring=self.ring,
            usage=self.usage,
            settings=self.settings,
            request_id="00000000-0000-0000-0000-000000000000",
            known_facts=self.known,
        )

    def call(self, function, caller=None, *, now=NOW, **parameters):
        """Run an operation and apply its changes; return its answer, with lists as lists.

        Raises what the operation and its locator raise. The caller's policies are not evaluated.
        """
        described(function).validate(parameters)
        context = self.context(caller, now=now)
        locate = function.__daypass_operation__.on
        if locate is not None:
            locate(context, parameters)
        found = function(context, parameters)
        answer = at_once(found) if isinstance(found, Generator) else found or {}
        answer = {name: _whole(value) for name, value in answer.items()}
        if context.changes:
            self.directory = self.directory.changed(
                context.changes.records, self.directory.revision + 1
            )
            self.tickets += context.changes.tickets
        for thing in context.used_ids:
            self.used(thing, now)
        return answer

    def _entropy(self, size):
        self._drawn += 1
        return self._drawn.to_bytes(4, "big") * (size // 4) + bytes(size % 4)


def _whole(value):
    """Return a paginated list as a plain list; other values as they are."""
    if isinstance(value, paginate.KeyedList | paginate.SortedList | paginate.ComputedList):
        return listed(value)
    if isinstance(value, paginate.SortedList):
        return [value.show(entry) for entry in value.after("")]
    return list(value) if isinstance(value, Iterator) else value


def listed(value):
    """Return every entry of a list that is computed page by page."""
    if isinstance(value, paginate.ComputedList):
        at_once(value.prepare())
        return [value.entry(at) for at in range(value.count)]
    if isinstance(value, paginate.SortedList):
        return [value.show(item) for item in value.after("")]
    return [value.show(item) if value.show else item for _, item in value.after(-1)]


@cache
def described(function):
    """Return an operation's model, from the service of the function's package."""
    service = function.__module__.split(".")[2]
    operations = _catalog().services[service].operations.values()
    return next(each for each in operations if each.handler_name == function.__name__)


@cache
def _catalog():
    return catalog.load_catalog(SERVICES)


@contextmanager
def refused(fault, words):
    """Expect a refusal that is exactly this fault with exactly these words.

    Yields what `pytest.raises` yields.
    """
    with pytest.raises(Fault) as found:
        yield found
    assert (type(found.value), found.value.message) == (fault, words)


def an_account(account, **more):
    """Return the record of an account."""
    return Account(account=account, name="first", created=1, canonical_user="0" * 64, **more)


def unique_id(prefix, name):
    """Return a unique id derived from a name, as long as AWS's."""
    return f"{prefix}{name.upper():0<17}"


def user(name, account=ACCOUNT, **more):
    """Return a user."""
    return User(account=account, name=name, unique_id=unique_id("AIDA", name), created=1, **more)


def group(name, account=ACCOUNT, **more):
    """Return a group."""
    return Group(account=account, name=name, unique_id=unique_id("AGPA", name), created=1, **more)


def role(name, account=ACCOUNT, **more):
    """Return a role, which trusts everybody unless `trust` is given."""
    return Role(
        account=account,
        name=name,
        unique_id=unique_id("AROA", name),
        created=1,
        **({"trust": TRUST} | more),
    )


def managed_policy(name, *texts, account=ACCOUNT, **more):
    """Return a managed policy with a version for each text; the last is the default."""
    versions = tuple(
        PolicyVersion(f"v{number}", text, 1)
        for number, text in enumerate(texts or (ALLOW,), start=1)
    )
    made = {"default": versions[-1].id, "versions_made": len(versions)} | more
    return ManagedPolicy(
        account=account,
        name=name,
        unique_id=unique_id("ANPA", name),
        created=1,
        updated=1,
        versions=versions,
        **made,
    )


def access_key(owner, number=1, **more):
    """Return an access key of a user; different numbers make different keys."""
    return AccessKey(
        account=owner.account,
        id=access_key_id("AKIA", owner.account, number.to_bytes(10, "big")),
        owner=owner.unique_id,
        secret=b"",
        created=1,
        **more,
    )


def code(now=NOW, steps=0):
    """Return the code of a device with the seed `SEED` at a time, or some steps later."""
    return TOTP(SEED).at(now, counter_offset=steps)


def named(kind, name="one"):
    """Return the parameter by which IAM's operations name a user, a group or a role."""
    return {f"{kind.capitalize()}Name": name}


def names(records):
    return [each.name for each in records]
