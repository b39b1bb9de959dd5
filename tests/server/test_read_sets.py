"""A run's changes are committed only if all that the run has read is unchanged."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from tests.documents import policy
from tests.server import read_world as given
from tests.server.read_world import (
    ADMINISTRATOR,
    ALONE,
    DEVICE,
    FOUNDER,
    ID,
    MANAGEMENT,
    MEMBER,
    OTHER,
    OUTSIDE,
    THEIRS,
)

from daypass.core.domain.account import Account
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import AWS, GLOBAL
from daypass.server.authority.call import Staged
from daypass.server.operator.control_socket import AdoptBuckets
from daypass.server.operator.operator_changes import ChangeHandler
from daypass.state.changes import Put, Remove
from daypass.state.snapshot.organization_view import OrganizationView
from daypass.state.store import Stale


@pytest.fixture
def world(tmp_path):
    made = given.World(tmp_path / "data")
    with contextlib.closing(made.data):
        yield made


@dataclass(frozen=True)
class Request:
    """A request that changes something."""

    who: str
    service: str
    action: str
    fields: dict = field(default_factory=dict)

    def staged(self, world):
        return world.staged(self.who, self.service, self.action, **self.fields)

    def __str__(self):
        return f"{self.action} by {self.who}"


def group(who):
    return Request(who, "iam", "CreateGroup", {"GroupName": "new"})


def create_account(email="new@example.com"):
    return Request("root", "organizations", "CreateAccount", {"Email": email, "AccountName": "new"})


def create_role(*trusted):
    fields = {"RoleName": "new", "AssumeRolePolicyDocument": given.trusting(*trusted)}
    return Request("alice", "iam", "CreateRole", fields)


TAGGED = Request(
    "alice",
    "iam",
    "TagUser",
    {"UserName": "holder", "Tags.member.1.Key": "team", "Tags.member.1.Value": "x"},
)
CODE = Request(
    "alice", "sts", "GetSessionToken", {"SerialNumber": DEVICE, "TokenCode": given.one_time_code()}
)
TRUSTING_BOB = create_role(f"arn:aws:iam::{OTHER}:user/bob")
JOIN = Request("alice", "organizations", "AcceptHandshake", {"HandshakeId": given.INVITATION})
HAND_OVER = Request("root", "organizations", "AcceptHandshake", {"HandshakeId": given.OFFER})
RENAME = Request(
    "bob", "organizations", "UpdateResponsibilityTransfer", {"Id": given.TRANSFER, "Name": "new"}
)
ATTACH = Request(
    "alice", "iam", "AttachUserPolicy", {"UserName": "alice", "PolicyArn": ADMINISTRATOR}
)
DELETE_ORGANIZATION = Request("founder", "organizations", "DeleteOrganization")
INVITE_NOBODY = Request(
    "root",
    "organizations",
    "InviteAccountToOrganization",
    {"Target": {"Id": "nobody@example.com", "Type": "EMAIL"}},
)
LETTING_IN = Request(
    "root",
    "organizations",
    "PutResourcePolicy",
    {
        "Content": policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:user/alice"},
                "Action": "organizations:ListPolicies",
                "Resource": "*",
            }
        )
    },
)
REQUESTS = (
    *map(group, given.USERS),
    group("worker"),
    create_account(),
    create_account("outside@example.com"),
    create_account("ours@example.com"),
    create_role(given.user_id("bob")),
    TAGGED,
    CODE,
    TRUSTING_BOB,
    JOIN,
    HAND_OVER,
    RENAME,
    ATTACH,
    DELETE_ORGANIZATION,
    LETTING_IN,
    Request(
        "root",
        "organizations",
        "InviteAccountToOrganization",
        {"Target": {"Id": "theirs@example.com", "Type": "EMAIL"}},
    ),
    INVITE_NOBODY,
    Request("root", "organizations", "CloseAccount", {"AccountId": MEMBER}),
    Request("root", "organizations", "DeclineHandshake", {"HandshakeId": given.OFFER}),
    Request("bob", "organizations", "CancelHandshake", {"HandshakeId": given.INVITATION}),
    Request(
        "root", "organizations", "DetachPolicy", {"PolicyId": given.CEILING.id, "TargetId": MEMBER}
    ),
    Request(
        "root",
        "organizations",
        "TagResource",
        {"ResourceId": MEMBER, "Tags": [{"Key": "team", "Value": "x"}]},
    ),
    Request("alice", "organizations", "LeaveOrganization"),
    Request(
        "alice",
        "iam",
        "PutUserPermissionsBoundary",
        {"UserName": "holder", "PermissionsBoundary": ADMINISTRATOR},
    ),
    Request("alice", "iam", "UpdateRoleDescription", {"RoleName": "worker", "Description": "new"}),
    Request("alice", "iam", "CreateAccessKey", {"UserName": "holder"}),
)

LITTLE = {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}


def closed(identifier):
    return lambda world: Put(replace(world.directory.account(identifier).record, closed=given.NOW))


def put(record):
    return lambda _: Put(record)


def remove(record):
    return lambda _: Remove(record)


def place(world, **more):
    return Put(replace(world.directory.organization(ID).of(Member).get(MEMBER), **more))


CASES = {
    "the owner of an e-mail address comes back": (create_account("outside@example.com"), put(given.account(OUTSIDE, email="outside@example.com"))),
    "an e-mail address gets an owner that had none": (create_account(), put(RootEmail(account=GLOBAL, address="new@example.com", owner=OTHER))),
    "the invited address gets an owner": (INVITE_NOBODY, put(RootEmail(account=GLOBAL, address="nobody@example.com", owner=MEMBER))),
    "the caller's policy, which AWS manages, allows no more": (group("holder"), put(given.managed(LITTLE))),
    "the caller's policy, which AWS manages, is gone": (group("holder"), remove(given.managed())),
    "the caller's boundary, which AWS manages, allows no more": (group("bounded"), put(given.managed(LITTLE))),
    "the policy of the caller's role, which AWS manages, is gone": (group("worker"), remove(given.managed())),
    "an organization appears to what looks at every one": (DELETE_ORGANIZATION, put(Organization(account="o-new000001", management=OUTSIDE, root_id="r-newo", created=1))),
    "a policy that is attached is gone": (ATTACH, remove(given.managed())),
    "the caller's access key is deleted": (group("alice"), lambda world: Remove(world.key("alice"))),
    "the caller's access key is deactivated": (group("alice"), lambda world: Put(replace(world.key("alice"), active=False))),
    "the access key is deleted of a caller that changes another account": (create_account(), lambda world: Remove(world.key("root"))),
    "the caller is deleted, who changes an organization": (RENAME, lambda world: Remove(world.directory.by_arn(User, f"arn:aws:iam::{OTHER}:user/bob"))),
    "the role of the caller's session is deleted": (group("worker"), remove(given.ROLE)),
    "the caller's account is closed": (group("alice"), closed(MEMBER)),
    "an SCP above the caller denies": (group("alice"), put(replace(given.CEILING, content=policy({**given.ANYTHING, "Effect": "Deny"})))),
    "an SCP comes above the caller": (group("alice"), lambda world: place(world, attached=("p-FullAWSAccess", given.CEILING.id, "p-other00001"))),
    "a tag policy above the caller changes": (TAGGED, put(replace(given.TAGGING, content="{}"))),
    "an organization gets a member": (create_account(), put(given.member(ID, OUTSIDE, given.ROOT, 8))),
    "the member of an organization is gone": (LETTING_IN, lambda world: Remove(world.directory.organization(ID).of(Member).get(MEMBER))),
    "whom a trust policy names is deleted": (TRUSTING_BOB, lambda world: Remove(world.directory.by_arn(User, f"arn:aws:iam::{OTHER}:user/bob"))),
    "whom an organization's resource policy names is deleted": (LETTING_IN, lambda world: Remove(world.directory.by_arn(User, f"arn:aws:iam::{MEMBER}:user/alice"))),
    "a name is taken that was free": (group("alice"), lambda _: Put(given.user(MEMBER, "new"))),
    "the device is taken away whose code was given": (CODE, lambda world: Remove(world.directory.by_arn(MFADevice, DEVICE))),
    "an invitation is taken back": (JOIN, lambda world: Remove(world.directory.find_anywhere(Handshake, given.INVITATION))),
    "the organization that is joined changes": (JOIN, put(given.member(THEIRS, OUTSIDE, given.THEIR_ROOT, 8))),
    "another organization takes over a bill": (HAND_OVER, lambda world: Put(replace(world.directory.find_anywhere(ResponsibilityTransfer, given.TRANSFER), account="o-third00001"))),
    "whose role is shown in a trust policy is deleted": (create_role(given.user_id("bob")), lambda world: Remove(world.directory.by_arn(User, f"arn:aws:iam::{OTHER}:user/bob"))),
    "anything at all, where a trust policy names somebody whom no account has": (create_role(given.user_id("nobody")), put(given.user(OUTSIDE, "x"))),
}  # fmt: skip


@pytest.mark.parametrize("is_known", [False, True], ids=["first seen", "seen before"])
@pytest.mark.parametrize("name", CASES)
def test_a_run_is_stale_once_a_record_it_has_read_changed(world, name, is_known) -> None:
    request, change = CASES[name]
    if is_known:
        # What another request has worked out is found where it was kept.
        request.staged(world)
    staged = request.staged(world)

    world.commit(change(world))
    with pytest.raises(Stale):
        world.settle(staged)


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_a_run_is_committed_if_no_record_it_has_read_changed(world, request_) -> None:
    world.settle(request_.staged(world))


ELSEWHERE = {
    "another account": (group("bob"), lambda _: Put(given.user(MEMBER, "x"))),
    "an account that has attached the same policy of AWS": (group("holder"), lambda _: Put(given.user(MANAGEMENT, "x", attached=(ADMINISTRATOR,)))),
    "a member's account, to the creation of one": (create_account(), lambda _: Put(given.user(MEMBER, "x"))),
    "another organization": (group("alice"), put(given.member(THEIRS, OUTSIDE, given.THEIR_ROOT, 8))),
    "an account, to what looks at every organization": (HAND_OVER, lambda _: Put(given.user(FOUNDER, "x"))),
    "an organization, to what looks for one transfer": (RENAME, put(replace(given.CEILING, name="x"))),
    "an account, to a trust policy that shows the name of somebody else": (create_role(given.user_id("bob")), lambda _: Put(given.user(OUTSIDE, "x"))),
    "a policy of AWS, to a caller who has none": (group("alice"), remove(given.managed())),
}  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_run_is_committed_if_only_records_it_has_not_read_changed(world, name) -> None:
    request, change = ELSEWHERE[name]
    staged = request.staged(world)

    world.commit(change(world))
    world.settle(staged)


def test_two_runs_that_touch_different_accounts_are_both_committed(world) -> None:
    first, second = group("alice").staged(world), group("bob").staged(world)

    world.settle(first)
    world.settle(second)


def test_of_two_runs_that_touch_one_account_the_second_is_stale(world) -> None:
    first, second = group("alice").staged(world), group("worker").staged(world)

    world.settle(first)
    with pytest.raises(Stale):
        world.settle(second)


def without(world, name):
    return given.without(world.directory, name)


def shut(world, name):
    """Return the directory with an account closed, or an organization with its manager alone."""
    view = world.directory.partition(name)
    if isinstance(view, OrganizationView):
        gone = [
            Remove(each)
            for table in (view.of(Member), view.of(OrganizationPolicy))
            for each in table
            if getattr(each, "id", "") != view.record.management
        ]
    else:
        gone = [Put(replace(each, closed=given.NOW)) for each in view.of(Account) or ()]
    return world.directory.changed(gone, world.directory.revision + 1)


def outcome(staged):
    return staged.response, staged.changes.records, [each.ticket for each in staged.changes.tickets]


@pytest.mark.parametrize("altered", [without, shut])
@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_every_partition_that_the_answer_depends_on_is_in_the_read_set(
    world, request_, altered
) -> None:
    before, known = request_.staged(world), world.directory
    read, read_all = before.changes.read, before.changes.read_all
    for name in (MANAGEMENT, MEMBER, OTHER, OUTSIDE, FOUNDER, ID, THEIRS, ALONE, GLOBAL, AWS):
        world.directory = altered(world, name)
        after = world.run(request_.who, request_.service, request_.action, **request_.fields)
        world.directory = known
        is_same = isinstance(after, Staged) and outcome(after) == outcome(before)
        is_read = name in read or any(name.startswith(beginning) for beginning in read_all)

        assert is_same or is_read, name


def test_a_missing_account_is_in_the_read_set_of_the_run_that_missed_it(world) -> None:
    """A new account's id must be free: another account of that id makes the run stale."""
    staged = create_account().staged(world)
    [made] = [
        each.record
        for each in staged.changes.records
        if isinstance(each.record, Account) and each.record.name == "new"
    ]

    assert staged.changes.read[made.account] == 0
    world.commit(Put(given.account(made.account)))
    with pytest.raises(Stale):
        world.settle(staged)


def test_a_run_reads_no_more_than_it_needs(world) -> None:
    assert group("alice").staged(world).changes.read.keys() == {MEMBER, ID}
    assert group("holder").staged(world).changes.read.keys() == {MEMBER, ID, AWS}
    assert MANAGEMENT not in group("worker").staged(world).changes.read


def test_an_operators_adoption_reads_the_account_and_the_taken_names(
    world,
) -> None:
    asked = []

    class Settler:
        async def settle(self, propose):
            proposal = await propose()
            asked.append(proposal.changes)
            return proposal.result

    bench = ChangeHandler(SimpleNamespace(directory=world.directory), Settler())
    named = asyncio.run(bench.handle(AdoptBuckets(("one",), account=OTHER, region="us-east-1")))
    oldest = asyncio.run(bench.handle(AdoptBuckets(("two",), region="us-east-1")))

    assert [changes.read.keys() for changes in asked] == [{OTHER, GLOBAL}, {oldest.account, GLOBAL}]
    assert [changes.read_all for changes in asked] == [{}, {}]
    assert (named.account, oldest.account) == (OTHER, MANAGEMENT)
