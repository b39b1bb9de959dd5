"""The end of an instance: what one commit removes, and what is left to a job."""

from copy import copy

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    ELSEWHERE,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    SECOND,
    STRANGER,
)
from tests.services.organizations.with_instance import (
    ADMIN,
    INSTANCE,
    OWN_INSTANCE,
    READER,
    STORE,
    WithInstance,
)
from tests.services.support import NOW, role

from daypass.core import quotas
from daypass.core.domain.identity_center.ended_instance import EndedInstance
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.server.jobs import ended_instances, vanished_accounts
from daypass.server.jobs.job import JobInput, JobWork
from daypass.services.kit.identity_center import departures, organization_instances
from daypass.state.changes import Remove
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.snapshot.tracking_directory import TrackingDirectory

BOB = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def known():
    made = WithInstance()
    for account in (MEMBER, SECOND):
        made.member(account)
        made.service_role(account)
        made.put(role("own", account))
        made.assigned(account, ADMIN)
        made.assigned(account, READER)
    return made


def staged(known, stage, *arguments):
    """Run a function that stages changes and apply them; return them."""
    context = known.context()
    stage(context, *arguments)
    known.directory = known.directory.changed(context.changes.records, known.directory.revision + 1)
    return context.changes.records


def end(known, instance=INSTANCE):
    record = known.directory.instance(instance).record
    return staged(known, departures.stage_instance_deletion, record)


def proposed(known, job, now=NOW):
    """Return what a job proposes."""
    return job.JOB.propose(JobInput(TrackingDirectory(known.directory), now, Leftovers()))


def run(known, job, now=NOW):
    """Run a job until it has no more work; return the size of each commit."""
    sizes = []
    while (work := proposed(known, job, now)) != JobWork():
        known.directory = known.directory.changed(
            work.changes.records, known.directory.revision + 1
        )
        sizes.append(len(work.changes.records))
        assert len(sizes) < 100
    return sizes


def of_instance(known):
    """Return what is left of the instance, of its store and of its people, by partition."""
    return sorted(
        {
            each.account
            for each in known.records()
            if each.account.startswith(("ssoins-", "d-", "person-"))
        }
    )


def test_a_small_instance_goes_whole_in_one_commit(known) -> None:
    end(known)

    assert of_instance(known) == []
    assert [known.names_in(each) for each in (MANAGEMENT, MEMBER, SECOND)] == [[], ["own"], ["own"]]
    assert (known.record.instance, known.record.instance_deleted) == ("", NOW)
    assert proposed(known, ended_instances) == JobWork()


def test_an_accounts_own_instance_goes_and_leaves_the_organizations(known) -> None:
    known.own_instance(MEMBER)
    known.assigned(MEMBER, instance=OWN_INSTANCE)
    before = known.names_in(MANAGEMENT), known.names_in(SECOND), known.targets()
    end(known, OWN_INSTANCE)

    assert known.directory.account(MEMBER).record.instance == ""
    assert len(known.names_in(MEMBER)) == 5
    assert (known.names_in(MANAGEMENT), known.names_in(SECOND), known.targets()) == before
    assert known.record.instance == INSTANCE


def test_the_last_instance_of_an_account_takes_the_services_role_along(known) -> None:
    known.standalone(STRANGER)
    known.own_instance(STRANGER)
    known.service_role(STRANGER)
    end(known, OWN_INSTANCE)

    assert known.names_in(STRANGER) == []


def test_what_is_too_much_for_one_commit_is_left_to_a_job_and_out_of_reach(
    known, monkeypatch
) -> None:
    monkeypatch.setattr(quotas, "INSTANCE_REMOVALS_PER_COMMIT_MAX", 4)
    known.person(BOB)
    before = known.records()
    changes = end(known)

    assert {type(each.record) for each in changes if isinstance(each, Remove)} >= {
        Instance,
        IdentityStore,
    }
    assert known.directory.instance(INSTANCE).record is None
    assert known.directory.identity_store(STORE).record is None
    [ended] = known.directory.all_records(EndedInstance)
    assert (ended.store, ended.ended) == (STORE, NOW)
    # One account has more than is removed at once, and is removed whole.
    assert MEMBER not in ended.accounts or SECOND not in ended.accounts

    sizes = run(known, ended_instances)

    assert of_instance(known) == []
    assert known.names_in(MEMBER) == known.names_in(SECOND) == ["own"]
    assert len(sizes) > 3
    assert all(size <= 4 + 6 + 1 for size in sizes)
    kept = {each for each in before if each.account in {MEMBER, SECOND} and each.key == "own"}
    assert kept <= known.records()


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8, 13, 21, 34, 55])
def test_in_whatever_parts_an_instance_goes_the_same_is_left(known, monkeypatch, most) -> None:
    known.person(BOB)
    known.own_instance(MEMBER)
    known.assigned(MEMBER, instance=OWN_INSTANCE)
    whole = copy(known)
    end(whole)
    monkeypatch.setattr(quotas, "INSTANCE_REMOVALS_PER_COMMIT_MAX", most)
    end(known)
    run(known, ended_instances)

    assert known.records() == whole.records()


def test_a_part_names_what_it_removes_once(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "INSTANCE_REMOVALS_PER_COMMIT_MAX", 3)
    end(known)
    while (work := proposed(known, ended_instances)) != JobWork():
        records = [each.record for each in work.changes.records]
        assert len({(each.account, each.kind, each.key) for each in records}) == len(records)
        known.directory = known.directory.changed(work.changes.records, 99)


def test_an_instance_that_is_enabled_meanwhile_keeps_its_roles_and_gets_none_twice(
    known, monkeypatch
) -> None:
    monkeypatch.setattr(quotas, "INSTANCE_REMOVALS_PER_COMMIT_MAX", 1)
    end(known)
    staged(known, organization_instances.stage_organization_instance, known.record)
    new = known.record.instance
    run(known, ended_instances)

    assert new != INSTANCE
    assert known.record.instance_deleted == 0
    assert known.names_in(MEMBER) == ["AWSServiceRoleForSSO", "own"]
    assert known.names_in(MANAGEMENT) == ["AWSServiceRoleForSSO"]
    assert known.directory.instance(new).record.organization == ORGANIZATION
    assert of_instance(known) == sorted([new, known.directory.instance(new).record.store])


def test_a_job_notes_what_decides_whether_a_role_is_still_needed(known, monkeypatch) -> None:
    # Were an instance enabled while the job runs, its run would be made again.
    monkeypatch.setattr(quotas, "INSTANCE_REMOVALS_PER_COMMIT_MAX", 1)
    end(known)
    directory = TrackingDirectory(known.directory)
    ended_instances.JOB.propose(JobInput(directory, NOW, Leftovers()))

    assert {ORGANIZATION, MEMBER, INSTANCE} <= set(directory.read)
    assert directory.read_all == {}


# Accounts that were closed long ago.

VANISHED = NOW + quotas.CLOSED_ACCOUNT_SECONDS


def test_a_closed_account_keeps_its_roles_for_ninety_days_and_not_longer(known) -> None:
    known.put(replace(known.directory.account(MEMBER).record, closed=NOW))

    assert proposed(known, vanished_accounts, VANISHED - 1) == JobWork()
    run(known, vanished_accounts, VANISHED)
    assert known.names_in(MEMBER) == ["own"]
    assert known.targets() == ({SECOND}, {SECOND})
    assert proposed(known, vanished_accounts, VANISHED) == JobWork()


def test_an_open_account_loses_nothing_however_old_it_is(known) -> None:
    assert proposed(known, vanished_accounts, VANISHED * 2) == JobWork()


def test_a_vanished_account_of_an_organization_without_an_instance_is_passed_over(known) -> None:
    known.elsewhere(features="CONSOLIDATED_BILLING")
    known.put(replace(known.directory.account(STRANGER).record, closed=NOW))

    assert known.directory.organization_of(STRANGER).id == ELSEWHERE
    assert proposed(known, vanished_accounts, VANISHED) == JobWork()


def test_a_vanished_account_with_much_is_cleared_in_parts(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "INSTANCE_REMOVALS_PER_COMMIT_MAX", 2)
    known.put(replace(known.directory.account(MEMBER).record, closed=NOW))
    sizes = run(known, vanished_accounts, VANISHED)

    assert known.names_in(MEMBER) == ["own"]
    assert known.targets() == ({SECOND}, {SECOND})
    assert set(sizes[:-1]) == {2}


def test_a_thousand_people_go_in_bounded_commits(known) -> None:
    for number in range(1_000):
        known.person(f"{number:08}-1111-4111-8111-111111111111")
    changes = end(known)
    sizes = [len(changes), *run(known, ended_instances)]

    assert len(sizes) == 5
    assert max(sizes) <= quotas.INSTANCE_REMOVALS_PER_COMMIT_MAX + 20
    assert of_instance(known) == []
