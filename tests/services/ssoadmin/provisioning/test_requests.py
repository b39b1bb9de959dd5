"""Provisioning a set again: in one account or in all, in parts, its outcome kept."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import MEMBER, ORGANIZATION, ROOT, THIRD
from tests.services.ssoadmin.assigned import READ_ONLY, TEAM, Assigned
from tests.services.ssoadmin.centered import ARN, DELEGATED, INSTANCE, MANAGEMENT, OUTSIDER
from tests.services.support import NOW, an_account, managed_policy

from daypass.core import quotas
from daypass.core.domain.identity_center.provisioning_request import ProvisioningRequest
from daypass.core.domain.organizations.member import Member
from daypass.core.faults import Conflict, InvalidParameterValue, NotFound
from daypass.server.jobs import permission_set_provisioning
from daypass.server.jobs.job import JobInput, JobWork
from daypass.services.ssoadmin.permission_sets import (
    boundary,
    customer_policies,
    inline_policy,
    managed_policies,
    sets,
)
from daypass.services.ssoadmin.provisioning import requests
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.snapshot.tracking_directory import TrackingDirectory

UNKNOWN = "c0000000-0000-4000-8000-000000000001"
MANY = 2 * quotas.PROVISIONED_PER_COMMIT_MAX + 10
"""More accounts than two commits have, beside the management account."""


@pytest.fixture
def world():
    return Assigned()


def _edit(world, arn, description="new"):
    world.on_set(sets.update_permission_set, arn, Description=description)


def test_an_edited_set_changes_nothing_until_it_is_provisioned_and_then_all(world) -> None:
    arn = world.new_set(Description="old", SessionDuration="PT1H", RelayState="https://a.example")
    world.assign(arn)
    before, known = world.role(arn), world.provisioned_set(arn)
    _edit(world, arn)
    world.on_set(sets.update_permission_set, arn, SessionDuration="PT8H")
    world.on_set(
        managed_policies.attach_managed_policy_to_permission_set, arn, ManagedPolicyArn=READ_ONLY
    )
    world.on_set(
        boundary.put_permissions_boundary_to_permission_set,
        arn,
        PermissionsBoundary={"ManagedPolicyArn": READ_ONLY},
    )
    unprovisioned = world.role(arn), world.provisioned_set(arn)

    status = world.provision(arn, MEMBER)

    after = world.role(arn)
    assert unprovisioned == (before, known)
    assert status["Status"] == "SUCCEEDED"
    assert (after.name, after.unique_id) == (before.name, before.unique_id)
    assert (after.description, after.attached, after.boundary) == ("new", (READ_ONLY,), READ_ONLY)
    assert (known.session_seconds, known.relay_state) == (3_600, "https://a.example")
    found = world.provisioned_set(arn)
    assert (found.session_seconds, found.relay_state) == (8 * 3_600, "")


def test_what_was_taken_from_a_set_is_taken_from_the_role(world) -> None:
    arn = world.new_set()
    world.on_set(
        managed_policies.attach_managed_policy_to_permission_set, arn, ManagedPolicyArn=READ_ONLY
    )
    text = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
    world.on_set(inline_policy.put_inline_policy_to_permission_set, arn, InlinePolicy=text)
    world.assign(arn)
    world.on_set(
        managed_policies.detach_managed_policy_from_permission_set, arn, ManagedPolicyArn=READ_ONLY
    )
    world.on_set(inline_policy.delete_inline_policy_from_permission_set, arn)

    world.provision(arn)

    assert (world.role(arn).attached, world.role(arn).inline) == ((), ())


def test_a_status_names_the_account_only_where_there_is_one(world) -> None:
    arn = world.new_set()
    world.assign(arn)

    one, every = world.provision(arn, MEMBER), world.provision(arn)

    assert len(one.pop("RequestId")) == 36
    assert one == {
        "Status": "SUCCEEDED",
        "AccountId": MEMBER,
        "PermissionSetArn": arn,
        "CreatedDate": NOW,
    }
    assert "AccountId" not in every


def test_the_answer_says_in_progress(world) -> None:
    arn = world.new_set()

    answer = world.on_set(
        requests.provision_permission_set, arn, TargetType="ALL_PROVISIONED_ACCOUNTS"
    )

    assert answer["PermissionSetProvisioningStatus"]["Status"] == "IN_PROGRESS"


@pytest.mark.parametrize("target", ["", MEMBER, OUTSIDER], ids=["all", "a member", "an outsider"])
def test_where_the_set_is_not_provisioned_there_is_no_work_and_success(world, target) -> None:
    arn = world.new_set()
    world.assign(arn, DELEGATED) if target else None

    assert world.provision(arn, target)["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "sent",
    [{"TargetType": "AWS_ACCOUNT"},
     {"TargetType": "ALL_PROVISIONED_ACCOUNTS", "TargetId": MEMBER}],
    ids=["one account, not named", "all accounts, one named"],
)  # fmt: skip
def test_an_account_is_named_exactly_if_it_is_one(world, sent) -> None:
    with pytest.raises(InvalidParameterValue):
        world.on_set(requests.provision_permission_set, world.new_set(), **sent)


def test_an_unknown_request_is_refused(world) -> None:
    with pytest.raises(NotFound):
        world.call(
            requests.describe_permission_set_provisioning_status,
            InstanceArn=ARN,
            ProvisionPermissionSetRequestId=UNKNOWN,
        )


def test_requests_are_listed_and_filtered(world) -> None:
    arn = world.new_set()
    world.assign(arn)
    world.put(replace(world.directory.account(MEMBER).record, closed=NOW))
    failed, done = world.provision(arn, MEMBER), world.provision(arn, DELEGATED)

    def listed(**filters):
        answer = world.call(
            requests.list_permission_set_provisioning_status, InstanceArn=ARN, **filters
        )
        return {
            each["RequestId"]: each["Status"] for each in answer["PermissionSetsProvisioningStatus"]
        }

    assert listed() == {failed["RequestId"]: "FAILED", done["RequestId"]: "SUCCEEDED"}
    assert listed(Filter={"Status": "SUCCEEDED"}) == {done["RequestId"]: "SUCCEEDED"}


def test_accounts_that_fail_are_named_and_the_others_stay_done(world) -> None:
    world.member(THIRD)
    arn = world.new_set()
    for target in (MEMBER, DELEGATED, THIRD):
        world.assign(arn, target)
    world.on_set(
        customer_policies.attach_customer_managed_policy_reference_to_permission_set,
        arn,
        CustomerManagedPolicyReference={"Name": "own"},
    )
    world.put(managed_policy("own", account=DELEGATED))
    world.put(replace(world.directory.account(THIRD).record, closed=NOW))
    before = world.role(arn)

    status = world.provision(arn)

    assert status["Status"] == "FAILED"
    assert status["FailureReason"] == (
        f"{MEMBER}: Received a 404 status error: Not supported policy"
        f" arn:aws:iam::{MEMBER}:policy/own.;"
        f" {THIRD}: Received a 409 status error: The account {THIRD} is closed."
    )
    assert world.role(arn) == before
    assert world.role(arn, DELEGATED).attached == (f"arn:aws:iam::{DELEGATED}:policy/own",)


# Many accounts.


def _many(world, count=MANY):
    """Return a set that is provisioned in the management account and many others, and these."""
    accounts = [f"{100_000_000_000 + number}" for number in range(count)]
    for account in accounts:
        member = Member(account=ORGANIZATION, id=account, parent=ROOT, serial=9, joined=1)
        world.put(an_account(account, organization=ORGANIZATION), member)
    arn = world.new_set(Description="old")
    for account in (MANAGEMENT, *accounts):
        assert world.assign(arn, account, TEAM, "GROUP")["Status"] == "SUCCEEDED"
    return arn, accounts


def _done(world, arn, accounts):
    """Return how many of the accounts have the set as it is now."""
    version = world.set(arn).version
    return sum(world.provisioned_set(arn, each).version == version for each in accounts)


def _propose(world, now=NOW):
    job_input = JobInput(TrackingDirectory(world.directory), now, Leftovers())
    return permission_set_provisioning.JOB.propose(job_input)


def _run_job(world, now=NOW):
    """Do one part; return whether there was any."""
    work = _propose(world, now)
    world.directory = world.directory.changed(work.changes.records, world.directory.revision + 1)
    return bool(work.changes)


@pytest.fixture(scope="module")
def crowd():
    """Return a world, kept as its directory, with many accounts that have the set."""
    world = Assigned()
    return world.directory, *_many(world), world.directory


@pytest.fixture
def many(world, crowd):
    _, arn, accounts, directory = crowd
    world.directory = directory
    return arn, accounts


def test_the_call_does_the_first_fifty_accounts_and_the_job_the_others(world, many) -> None:
    arn, accounts = many
    _edit(world, arn)

    request = world.provision(arn)
    done = [_done(world, arn, accounts)]
    statuses = [request["Status"]]
    while _run_job(world):
        done.append(_done(world, arn, accounts))
        statuses.append(world.status(request["RequestId"])["Status"])

    assert world.role(arn, MANAGEMENT).description == "new"
    assert done == [49, 99, MANY]
    assert statuses == ["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"]
    assert all(world.role(arn, each).description == "new" for each in accounts)
    assert _propose(world) == JobWork()


def test_a_part_is_one_commit_of_fifty_accounts_and_the_request(world, many) -> None:
    arn, _ = many
    _edit(world, arn)
    world.provision(arn)

    work = _propose(world)

    # A role and a provisioned set for each account.
    assert len(work.changes.records) == 2 * quotas.PROVISIONED_PER_COMMIT_MAX + 1
    assert work.has_more
    assert work.description.startswith(f"permission set {arn.rpartition('/')[2]} of {INSTANCE}")


def test_the_account_of_the_owner_is_done_with_the_call_however_late_it_comes(world, many) -> None:
    arn, _ = many
    _edit(world, arn)

    request = world.provision(arn, caller=world.administrator())

    # The caller may not; no part of the job does it in the caller's place.
    while _run_job(world):
        pass
    status = world.status(request["RequestId"])
    assert status["Status"] == "FAILED"
    assert status["FailureReason"].startswith(f"{MANAGEMENT}: Received a 403 status error: ")
    assert "; " not in status["FailureReason"]
    assert world.role(arn, MANAGEMENT).description == "old"


def test_an_edit_while_the_job_is_at_work_reaches_no_account_by_it(world, many) -> None:
    arn, accounts = many
    _edit(world, arn, "asked for")
    world.provision(arn)

    _edit(world, arn, "edited since")
    while _run_job(world):
        pass

    found = {world.role(arn, each).description for each in (MANAGEMENT, *accounts)}
    assert found == {"asked for"}


def test_an_account_with_a_newer_version_is_left_alone_by_the_job(world, many) -> None:
    arn, accounts = many
    _edit(world, arn, "asked for")
    world.provision(arn)
    _edit(world, arn, "newer")

    world.provision(arn, accounts[-1])
    while _run_job(world):
        pass

    assert world.role(arn, accounts[-1]).description == "newer"
    assert world.role(arn, accounts[-2]).description == "asked for"


def test_an_account_that_lost_the_set_meanwhile_gets_no_role(world, many) -> None:
    arn, accounts = many
    _edit(world, arn)
    request = world.provision(arn)

    world.unassign(arn, accounts[-1], TEAM, "GROUP")
    while _run_job(world):
        pass

    assert world.role(arn, accounts[-1]) is None
    assert world.status(request["RequestId"])["Status"] == "SUCCEEDED"


def test_a_request_at_work_is_neither_forgotten_nor_expired_and_its_end_is_kept_a_week(
    world, many
) -> None:
    arn, _ = many
    _edit(world, arn)
    request = world.provision(arn)["RequestId"]
    later = NOW + 10 * quotas.STATUS_REQUEST_SECONDS

    def record():
        (found,) = world.directory.instance(INSTANCE).of(ProvisioningRequest).group(request)
        return found

    waiting = record()
    while _run_job(world, later):
        pass

    assert waiting.expires == 0
    assert record().expires == later + quotas.STATUS_REQUEST_SECONDS
    assert record().pending is None


def test_at_most_ten_requests_of_an_instance_are_at_work(world, many) -> None:
    arn, _ = many
    for _ in range(quotas.PROVISIONINGS_OUTSTANDING_MAX):
        world.provision(arn)

    with pytest.raises(Conflict):
        world.provision(arn)

    assert world.provision(arn, MEMBER)["Status"] == "SUCCEEDED"


def test_requests_take_turns(world, many) -> None:
    arn, _ = many
    first, second = (world.provision(arn)["RequestId"] for _ in range(2))
    served = []

    for _ in range(4):
        description = _propose(world).description
        served.append(first if first in description else second)
        _run_job(world)

    assert sorted(served[:2]) == sorted(served[2:]) == sorted([first, second])


def test_a_request_of_an_instance_that_was_deleted_is_left_alone(world, many) -> None:
    arn, _ = many
    world.provision(arn)

    world.remove(world.found)

    assert _propose(world) == JobWork()
