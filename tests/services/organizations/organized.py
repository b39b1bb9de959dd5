"""A snapshot with organizations, and the records that they consist of.

A call locates its targets first, as the pipeline does: accounts that membership does not admit are
refused there, before any policy is evaluated.
"""

from contextlib import contextmanager
from functools import cache

import pytest
from msgspec.structs import replace
from tests.services.support import ACCOUNT, NOW, Snapshot, described

from daypass.core.domain.account import Account
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import INVITED, Member
from daypass.core.domain.organizations.organization import ALL, Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import AWS, GLOBAL
from daypass.core.domain.record import Tag
from daypass.core.faults import ServiceFault
from daypass.services.registry import SERVICES
from daypass.state.snapshot.kinds import KINDS
from daypass.wire import catalog

ORGANIZATION, ROOT = "o-a1b2c3d4e5", "r-a1b2"
ELSEWHERE, ELSEWHERE_ROOT = "o-z9y8x7w6v5", "r-z9y8"
MANAGEMENT, MEMBER, SECOND, THIRD = ACCOUNT, "222233334444", "333344445555", "444455556666"
STRANGER = "555566667777"
"""The account that an organization elsewhere, or none, is of."""
PREFIX = f"arn:aws:organizations::{MANAGEMENT}"
SCP, RCP, TAG = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY"
FULL, RCP_FULL = "p-FullAWSAccess", "p-RCPFullAWSAccess"
DENYING = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'
TAGGING = '{"tags":{"team":{"tag_key":{"@@assign":"team"}}}}'
DAY = 24 * 60 * 60
_OWN = {SCP: FULL, RCP: RCP_FULL}


class Organized(Snapshot):
    """A snapshot in which the account has an organization.

    `gone` and `new` are the records that the last call removed and added.
    """

    def __init__(self, *, features=ALL, types=(SCP,)):
        super().__init__()
        self.gone, self.new = set(), set()
        self.put(replace(self.account.record, email="first@example.com"))
        self.put(RootEmail(account=GLOBAL, address="first@example.com", owner=MANAGEMENT))
        self.organize(MANAGEMENT, ORGANIZATION, ROOT, features=features, types=types)

    @property
    def organization(self):
        """Return the account's organization."""
        return self.directory.organization(ORGANIZATION)

    @property
    def record(self):
        """Return the organization's own record."""
        return self.organization.record

    def organize(self, management, organization, root, *, features=ALL, types=(SCP,)):
        """Make an account the management account of a new organization."""
        types = types if features == ALL else ()
        full = tuple(_OWN[each] for each in types if each in _OWN)
        self.put(
            Organization(
                account=organization,
                management=management,
                root_id=root,
                created=1,
                features=features,
                made=1,
                attached=full,
                policy_types=types,
            )
        )
        self.put(replace(self.directory.account(management).record, organization=organization))
        self.put(
            Member(
                account=organization,
                id=management,
                parent=root,
                serial=1,
                joined=1,
                method=INVITED,
                attached=full,
            )
        )

    def elsewhere(self, **more):
        """Put another organization; return the id of its management account."""
        self.standalone(STRANGER)
        self.organize(STRANGER, ELSEWHERE, ELSEWHERE_ROOT, **more)
        return STRANGER

    def standalone(self, account, **more):
        """Put an account in no organization."""
        more = {"name": f"account {account[:4]}", "email": f"{account[:4]}@example.com"} | more
        self.put(RootEmail(account=GLOBAL, address=more["email"].lower(), owner=account))
        return self.put(Account(account=account, created=1, canonical_user="0" * 64, **more))

    def member(self, account=MEMBER, *, closed=0, of=ORGANIZATION, parent=None, **more):
        """Put a member account, right below the root unless a parent is given."""
        self.standalone(account, closed=closed, organization=of)
        owner = self.directory.organization(of).record
        full = tuple(_OWN[each] for each in owner.policy_types if each in _OWN)
        more = {"joined": 1, "attached": full} | more
        return self.put(
            Member(
                account=of,
                id=account,
                parent=parent or owner.root_id,
                serial=self._counted(of),
                **more,
            )
        )

    def unit(self, name, *, parent=ROOT, **more):
        """Put a unit; its id is derived from its name."""
        full = tuple(_OWN[each] for each in self.record.policy_types if each in _OWN)
        return self.put(
            OrganizationalUnit(
                account=ORGANIZATION,
                id=f"ou-a1b2-{name:0<8}",
                name=name,
                parent=parent,
                serial=self._counted(ORGANIZATION),
                **{"attached": full} | more,
            )
        )

    # As AWS calls it.
    def policy(self, name, *, type=SCP, content=None, on=(), **more):  # noqa: A002
        """Put a policy, attached to the nodes in `on`; its id is derived from its name."""
        content = content or (DENYING if type in _OWN else TAGGING)
        made = self.put(
            OrganizationPolicy(
                account=ORGANIZATION,
                id=f"p-{name:0<8}",
                type=type,
                name=name,
                content=content,
                serial=self._counted(ORGANIZATION),
                **{"updated": 1} | more,
            )
        )
        for node in map(self.organization.node, on):
            self.put(replace(node, attached=(*node.attached, made.id)))
        return made

    def handshake(self, name, *, of=ORGANIZATION, target=STRANGER, **more):
        """Put a handshake, by default an open invitation; its id is derived from its name."""
        more = {
            "action": "INVITE",
            "state": "OPEN",
            "requested": NOW - DAY,
            "expires": NOW + DAY,
        } | more
        return self.put(
            Handshake(
                account=of, id=f"h-{name:0<10}", target=target, serial=self._counted(of), **more
            )
        )

    def _counted(self, organization):
        owner = self.directory.organization(organization).record
        self.put(replace(owner, made=owner.made + 1))
        return owner.made + 1

    def records(self):
        """Return all records, without those that AWS manages."""
        return {
            each
            for record in KINDS.values()
            for each in self.directory.all_records(record)
            if each.account != AWS
        }

    def context(self, caller=None, *, now=NOW):
        """Return a context, whose changes `staged` returns afterwards."""
        self._ran = super().context(caller, now=now)
        return self._ran

    @property
    def staged(self):
        """Return the ids of the records that the last call staged, changed or not."""
        return {each.record.key for each in self._ran.changes.records}

    def call(self, function, caller=None, *, now=NOW, **parameters):
        """Call like `Snapshot.call`, after locating the targets.

        A refusal must be one that AWS's model names for the operation.
        """
        described(function).validate(parameters)
        before = self.records()
        try:
            self.located(function, caller, now=now, **parameters)
            answer = super().call(function, caller, now=now, **parameters)
        except ServiceFault as fault:
            if fault.code not in _declared(function):
                pytest.fail(f"{described(function).name} has no {fault.code} in AWS's model")
            raise
        after = self.records()
        self.gone, self.new = before - after, after - before
        return answer

    def located(self, function, caller=None, *, now=NOW, **parameters):
        """Return the targets of an operation; raises what its locator raises."""
        found = function.__daypass_operation__.on(self.context(caller, now=now), parameters)
        return list(found) if isinstance(found, tuple | list) else [found]


def _declared(function):
    """Return the error names that AWS's model has for an operation.

    `AWSOrganizationsNotInUseException` is added: every operation may raise it.
    """
    errors = _model().operations[described(function).name]["errors"]
    return {"AWSOrganizationsNotInUseException", *(each["shape"] for each in errors)}


@cache
def _model():
    return catalog.load_catalog(SERVICES).services["organizations"].model


@contextmanager
def refuses(code, words, reason=None):
    """Expect AWS's error of a name, with exactly this message and Reason."""
    with pytest.raises(ServiceFault) as caught:
        yield
    fault = caught.value
    assert (fault.code, fault.details.get("Reason"), fault.message) == (
        f"{code}Exception",
        reason,
        words,
    )


def constraint(reason, words):
    """Expect `ConstraintViolationException` with a Reason."""
    return refuses("ConstraintViolation", words, reason)


def invalid(reason, words):
    """Expect `InvalidInputException` with a Reason."""
    return refuses("InvalidInput", words, reason)


def handshake_constraint(reason, words):
    """Expect `HandshakeConstraintViolationException` with a Reason."""
    return refuses("HandshakeConstraintViolation", words, reason)


def too_many_accounts():
    """Expect the refusal of an organization that has as many accounts as it may have."""
    return handshake_constraint(
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        "The organization has as many accounts and open invitations as it may have.",
    )


def arn(kind, *identifiers):
    """Return an ARN in the organization."""
    return f"{PREFIX}:{kind}/{'/'.join((ORGANIZATION, *identifiers))}"


def tags(**pairs):
    """Return tags as records have them."""
    return tuple(Tag(key, value) for key, value in pairs.items())


def passed(**pairs):
    """Return tags as requests and answers have them."""
    return [{"Key": key, "Value": value} for key, value in pairs.items()]
