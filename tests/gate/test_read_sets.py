"""The partitions that a change of a bucket's record reads, and so conflicts with."""

import asyncio
import json

import pytest
from msgspec.structs import replace

from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.partition import AWS, GLOBAL
from daypass.state.changes import Put

from .conftest import RecordingStore
from .in_process import ACCOUNT, OTHER, World, document, sha256, statement

OURS, THEIRS = "o-ours000001", "o-theirs0001"
TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
BLOCK = b"<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"
MANAGED = ManagedPolicy(
    account=AWS,
    name="S3",
    unique_id="ANPAS3",
    created=1,
    updated=1,
    default="v1",
    versions=(PolicyVersion("v1", document(statement()), 1),),
)


def in_an_organization(world, account, organization):
    record = world.directory.account(account).record
    world.change(
        Put(Organization(account=organization, management=account, root_id="r-root", created=1)),
        Put(Member(account=organization, id=account, parent="r-root", serial=1, joined=1)),
        Put(replace(record, organization=organization)),
    )


def somebody_elses(world):
    """Give the bucket to another account, whose policy lets alice do everything."""
    lets = {
        **statement(resource=["arn:aws:s3:::kept", "arn:aws:s3:::kept/*"]),
        "Principal": {"AWS": ACCOUNT},
    }
    world.change(Put(replace(world.bucket, owner=OTHER, policy=document(lets))))


def by_aws(world):
    """Let alice do what she does by a policy of AWS's."""
    world.change(Put(MANAGED), Put(replace(world.alice(), attached=(MANAGED.arn,))))


def plain(_world):
    """Leave everything as it is."""


CASES = {
    "alice's own bucket": (plain, {ACCOUNT}),
    "another account's bucket": (somebody_elses, {ACCOUNT, OTHER}),
    "the caller's organization": (lambda world: in_an_organization(world, ACCOUNT, OURS), {ACCOUNT, OURS}),
    "the owner's organization": (lambda world: (somebody_elses(world), in_an_organization(world, OTHER, THEIRS)), {ACCOUNT, OTHER, THEIRS}),
    "a policy that AWS manages": (by_aws, {ACCOUNT, AWS}),
}  # fmt: skip


def read_set_of(world, method, path, query, body, headers=None):
    async def asking():
        try:
            scope = world.put(
                len(body),
                path=path,
                method=method,
                query=query,
                headers=headers,
                payload_hash=sha256(body),
            )
            return await world.ask(scope, body)
        finally:
            await world.close()

    status, code = asyncio.run(asking())
    assert (status // 100, code) == (2, "")
    return world.read


@pytest.fixture
def store():
    made = RecordingStore()
    yield made
    made.close()


@pytest.mark.parametrize("is_known", [False, True], ids=["first seen", "seen before"])
@pytest.mark.parametrize(
    "request_",
    [("PUT", "tagging=", TAGS), ("PUT", "publicAccessBlock=", BLOCK)],
    ids=["tags", "block"],
)
@pytest.mark.parametrize("name", CASES)
def test_a_change_of_a_bucket_stands_on_everything_that_allowed_it(
    store, name, request_, is_known
) -> None:
    arrange, expected = CASES[name]
    world = World(store.url)
    arrange(world)
    method, query, body = request_
    if is_known:
        read_set_of(world, method, "/kept", query, body)
        world.read.clear()
    before = world.directory
    [read] = read_set_of(world, method, "/kept", query, body)

    assert read == {each: before.partition(each).revision for each in {*expected, GLOBAL}}


def test_a_bucket_policy_stands_on_the_accounts_of_those_whom_it_names(store) -> None:
    world = World(store.url)
    world.change(
        Put(Role(account=OTHER, name="r", unique_id="AROAROLE00000000", created=1, trust=""))
    )
    lets = {
        **statement(action="s3:GetObject", resource="arn:aws:s3:::kept/*"),
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:role/r"},
    }
    before = world.directory
    [read] = read_set_of(
        world,
        "PUT",
        "/kept",
        "policy=",
        json.dumps({"Version": "2012-10-17", "Statement": lets}).encode(),
    )

    assert read == {each: before.partition(each).revision for each in (ACCOUNT, OTHER, GLOBAL)}


def test_a_new_bucket_stands_on_who_makes_it_and_on_the_names_that_are_taken(store) -> None:
    world = World(store.url)
    before = world.directory
    reserved, confirmed = read_set_of(world, "PUT", "/new", "", b"")

    assert reserved == {each: before.partition(each).revision for each in (ACCOUNT, GLOBAL)}
    assert confirmed.keys() == {GLOBAL}
