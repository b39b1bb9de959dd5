"""A tracking directory notes every read, through whichever method, and what is missing too."""

import pytest
from msgspec.structs import replace

from daypass.core.arn import Arn
from daypass.core.domain.account import Account
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import PREFIX, Organization
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import AWS, GLOBAL
from daypass.core.faults import Invalid
from daypass.state.changes import Changes, Put, Remove
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import EVERY_PARTITION, TrackingDirectory
from daypass.state.store import Stale

A, B, MISSING = "111111111111", "222222222222", "999999999999"
ORG, OTHER_ORG, NO_ORG = "o-one0000001", "o-two0000001", "o-none000001"
HANDSHAKE = Handshake(
    account=OTHER_ORG,
    id="h-1",
    action="INVITE",
    state="OPEN",
    target=A,
    serial=1,
    requested=1,
    expires=2,
)
TRANSFER = ResponsibilityTransfer(
    account=OTHER_ORG,
    id="rt-1",
    type="BILLING",
    name="t",
    serial=1,
    handshake="h-1",
    status="REQUESTED",
    invited=A,
    requested=1,
    start=1,
    expires=2,
)
INSTANCE, STORE = "ssoins-0123456789abcdef", "d-0123456789"
WORKER_ARN = f"arn:aws:iam::{B}:role/worker"
ALICE = User(account=A, name="alice", unique_id="AIDAALICE", created=1)


def account(identifier, organization=""):
    return Account(
        account=identifier, name="a", created=1, canonical_user="c", organization=organization
    )


def known():
    """Return a directory in which every partition has a revision of its own."""
    commits = (
        [account(A, ORG), ALICE, MFADevice(account=A, name="phone", seed=b"", owner=A)],
        [account(B), Role(account=B, name="worker", unique_id="AROAWORKER", created=1, trust="")],
        [
            Organization(account=ORG, management=A, root_id="r-one", created=1),
            Member(account=ORG, id=A, parent="r-one", serial=1, joined=1),
        ],
        [
            Organization(account=OTHER_ORG, management=B, root_id="r-two", created=1),
            HANDSHAKE,
            TRANSFER,
        ],
        [Bucket(account=GLOBAL, name="b", owner=A, region="us-east-1", created=1)],
        [
            ManagedPolicy(
                account=AWS,
                name="P",
                unique_id="ANPAP",
                created=1,
                updated=1,
                default="v1",
                versions=(PolicyVersion("v1", "{}", 1),),
            )
        ],
        [
            Instance(
                account=INSTANCE,
                owner=A,
                store=STORE,
                region="us-east-1",
                created=1,
                organization=ORG,
            )
        ],
        [IdentityStore(account=STORE, owner=A, instance=INSTANCE, created=1)],
    )
    directory = Directory()
    for revision, records in enumerate(commits, start=1):
        directory = directory.changed(map(Put, records), revision)
    return directory


REVISIONS = {A: 1, B: 2, ORG: 3, OTHER_ORG: 4, GLOBAL: 5, AWS: 6, INSTANCE: 7, STORE: 8}
READS = {
    "an account": (lambda it: it.account(A), {A}),
    "an organization": (lambda it: it.organization(ORG), {ORG}),
    "either by its id": (lambda it: (it.partition(A), it.partition(ORG)), {A, ORG}),
    "the organization of an account": (lambda it: it.organization_of(A), {A, ORG}),
    "the organization of an account that has none": (lambda it: it.organization_of(B), {B}),
    "what stands above an account": (lambda it: it.control_policies_of(A), {A, ORG}),
    "an account's tag policy": (lambda it: it.tag_policy(A), {A, ORG}),
    "an account's tag policy, prepared": (lambda it: list(it.prepare_tag_policy(A)), {A, ORG}),
    "a role": (lambda it: it.by_arn(Role, f"arn:aws:iam::{B}:role/worker"), {B}),
    "a user": (lambda it: it.by_arn(User, f"arn:aws:iam::{A}:user/alice"), {A}),
    "a policy": (lambda it: it.by_arn(ManagedPolicy, "arn:aws:iam::aws:policy/P"), {AWS}),
    "a device": (lambda it: it.by_arn(MFADevice, f"arn:aws:iam::{A}:mfa/phone"), {A}),
    "the buckets": (lambda it: it.of(Bucket).get("b"), {GLOBAL}),
    "whose roots e-mail addresses are": (lambda it: it.of(RootEmail).get("a@b.example"), {GLOBAL}),
    "a principal by its id": (lambda it: it.principal("AROAWORKER"), {B}),
    "a principal by its ARN": (lambda it: it.principal_by_arn(WORKER_ARN), {B}),
    "the id of a principal": (lambda it: it.id_of_principal(WORKER_ARN), {B}),
    "the ARN of a principal": (lambda it: it.arn_of_principal("AROAWORKER"), {B}),
    "a handshake": (lambda it: it.find_anywhere(Handshake, "h-1"), {OTHER_ORG}),
    "an instance": (lambda it: it.instance(INSTANCE), {INSTANCE}),
    "an identity store": (lambda it: it.identity_store(STORE), {STORE}),
    "a person": (lambda it: it.identity_store(STORE).person_named("alice"), {STORE}),
    "a transfer": (lambda it: it.find_anywhere(ResponsibilityTransfer, "rt-1"), {OTHER_ORG}),
}


@pytest.mark.parametrize("name", READS)
def test_a_read_partition_is_noted_with_its_revision(name) -> None:
    read, expected = READS[name]
    recording = TrackingDirectory(known())
    read(recording)

    assert recording.read == {each: REVISIONS[each] for each in expected}
    assert recording.read_all == {}


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (lambda it: it.account(MISSING), MISSING),
        (lambda it: it.organization(NO_ORG), NO_ORG),
        (lambda it: it.instance("ssoins-0"), "ssoins-0"),
        (lambda it: it.identity_store("d-0"), "d-0"),
        (lambda it: it.partition("person-0"), "person-0"),
        (lambda it: it.by_arn(User, f"arn:aws:iam::{MISSING}:user/alice"), MISSING),
        (lambda it: it.control_policies_of(MISSING), MISSING),
    ],
)
def test_a_missing_partition_is_noted_with_revision_0(read, name) -> None:
    recording = TrackingDirectory(known())
    read(recording)

    assert recording.read == {name: 0}


@pytest.mark.parametrize("name", [ORG, NO_ORG, GLOBAL, AWS, INSTANCE, STORE, "person-1"])
def test_an_account_named_like_another_kind_of_partition_is_not_noted(
    name,
) -> None:
    """No commit makes such an account.

    A recorded revision 0 would be stale for ever beside the partition's own.
    """
    recording = TrackingDirectory(known())

    assert recording.account(name).record is None
    assert recording.by_arn(User, f"arn:aws:iam::{name}:user/alice") is None
    assert recording.read == {}


@pytest.mark.parametrize(
    ("read", "beginning"),
    [
        (lambda it: it.accounts, EVERY_PARTITION),
        (lambda it: it.principal("AIDANOBODY"), EVERY_PARTITION),
        (lambda it: it.arn_of_principal("AIDANOBODY"), EVERY_PARTITION),
        (lambda it: list(it.all_records(GroupMembership)), "d-"),
        (lambda it: list(it.grouped_records(GroupMembership, "x")), "d-"),
        (lambda it: it.organizations, PREFIX),
        (lambda it: list(it.all_records(Handshake)), PREFIX),
        (lambda it: list(it.all_records(User)), EVERY_PARTITION),
        (lambda it: it.find_anywhere(Handshake, "h-none"), PREFIX),
        (lambda it: it.find_anywhere(ResponsibilityTransfer, "rt-none"), PREFIX),
    ],
)
def test_a_read_of_all_partitions_is_noted_at_the_directorys_revision(read, beginning) -> None:
    recording = TrackingDirectory(known())
    read(recording)

    assert recording.read_all == {beginning: 8}


@pytest.mark.parametrize("name", [each for each in dir(Directory) if not each.startswith("_")])
def test_a_tracking_directory_answers_as_the_directory_does(name) -> None:
    """A new method of directories has to be added to this table or to the exceptions."""
    arguments = {
        "account": (A,),
        "organization": (ORG,),
        "instance": (INSTANCE,),
        "identity_store": (STORE,),
        "partition": (ORG,),
        "organization_of": (A,),
        "control_policies_of": (A,),
        "tag_policy": (A,),
        "prepare_tag_policy": (A,),
        "principal": ("AIDAALICE",),
        "of": (Bucket,),
        "by_arn": (User, f"arn:aws:iam::{A}:user/alice"),
        "by_parsed_arn": (User, Arn.parse(f"arn:aws:iam::{A}:user/alice")),
        "principal_by_arn": (f"arn:aws:iam::{A}:user/alice",),
        "id_of_principal": (f"arn:aws:iam::{A}:user/alice",),
        "arn_of_principal": ("AIDAALICE",),
        "find_anywhere": (Handshake, "h-1"),
        "all_records": (Handshake,),
        "grouped_records": (GroupMembership, "11111111-2222-4333-8444-555555555555"),
        "record": (A, "user", "alice"),
    }
    if name in {"changed", "of_records", "after_commits", "makes_stale"}:
        return
    directory = known()
    recording = TrackingDirectory(directory)
    expected, found = getattr(directory, name), getattr(recording, name)
    if name in arguments:
        expected, found = expected(*arguments[name]), found(*arguments[name])
    if name in {"prepare_tag_policy", "all_records", "grouped_records"}:
        expected, found = list(expected), list(found)

    assert found == expected
    assert name in {"revision", "position"} or recording.read or recording.read_all


def test_users_and_roles_are_found_only_by_the_exact_arn_or_id() -> None:
    directory = known()

    assert directory.id_of_principal(WORKER_ARN) == "AROAWORKER"
    assert directory.id_of_principal(ALICE.arn) == "AIDAALICE"
    assert directory.arn_of_principal("AROAWORKER") == WORKER_ARN
    assert directory.arn_of_principal("AIDAALICE") == ALICE.arn
    assert directory.id_of_principal(f"arn:aws:iam::{B}:role/team/worker") is None
    assert directory.id_of_principal(f"arn:aws:iam::{A}:role/worker") is None
    assert directory.id_of_principal("arn:aws:iam::aws:policy/P") is None
    assert directory.arn_of_principal("AROAworker") is None
    with pytest.raises(Invalid):
        directory.id_of_principal("AROAWORKER")


def test_reads_of_a_changed_tracking_directory_are_noted_too() -> None:
    recording = TrackingDirectory(known())
    after = recording.changed([Put(replace(ALICE, path="/new/"))], 6)

    assert after.by_arn(User, f"arn:aws:iam::{A}:user/new/alice") is not None
    assert after.by_arn(Role, f"arn:aws:iam::{B}:role/worker") is not None
    assert after.account(A).revision != REVISIONS[A]
    assert recording.read == {A: REVISIONS[A], B: REVISIONS[B]}


def test_the_read_set_has_earlier_reads_and_the_partitions_written_to() -> None:
    recording = TrackingDirectory(known())
    recording.account(A)
    bound = recording.with_read_set(Changes([Put(account(B)), Remove(account(MISSING))]))
    recording.organization(ORG)

    assert bound.read == {A: 1, B: 2, MISSING: 0}


@pytest.fixture
def store(tmp_path):
    made = open_sqlite(tmp_path / "db")
    yield made
    made.close()


def committed(store, directory, changes):
    return store.commit(directory, [changes], now=1).outcomes[0]


@pytest.mark.parametrize(
    ("looked", "changed", "is_stale"),
    [
        ("accounts", account(B), True),
        ("accounts", account(MISSING), True),
        ("accounts", Organization(account=ORG, management=A, root_id="r", created=1), True),
        ("organizations", account(MISSING), False),
        ("organizations", Organization(account=ORG, management=A, root_id="r", created=1), True),
    ],
)
def test_changes_that_read_all_partitions_are_stale_once_any_changed(
    store, looked, changed, is_stale
) -> None:
    before = committed(store, store.load(()), Changes([Put(account(A)), Put(account(B))]))
    recording = TrackingDirectory(before)
    getattr(recording, looked)
    waiting = recording.with_read_set(Changes([Put(replace(ALICE, account="333333333333"))]))

    after = committed(store, before, Changes([Put(changed)]))
    assert isinstance(committed(store, after, waiting), Stale) is is_stale


def test_changes_that_read_all_partitions_commit_while_none_changed(store) -> None:
    before = committed(store, store.load(()), Changes([Put(account(A))]))
    recording = TrackingDirectory(before)
    assert recording.accounts
    assert recording.organizations == []

    assert isinstance(
        committed(store, before, recording.with_read_set(Changes([Put(ALICE)]))), Directory
    )


def test_changes_that_found_an_account_missing_are_stale_once_it_exists(store) -> None:
    before = committed(store, store.load(()), Changes([Put(account(A))]))
    recording = TrackingDirectory(before)
    assert recording.account(B).record is None
    waiting = recording.with_read_set(Changes([Put(ALICE)]))

    after = committed(store, before, Changes([Put(account(B))]))
    assert isinstance(committed(store, after, waiting), Stale)
