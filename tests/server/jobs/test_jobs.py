"""Each job by itself: what it proposes of a snapshot."""

import pytest

from daypass.core import quotas
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.server.jobs import handshake_expiry, record_expiry, ticket_expiry, trimming
from daypass.server.jobs.job import JobInput, JobWork
from daypass.state.changes import Changes, Put
from daypass.state.side_tables.leftovers import Leftovers
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory

MIN, MOST = trimming.COMMITS_TRIMMED_MIN, quotas.COMMITS_TRIMMED_MAX
ONE, OTHER = "o-one00000001", "o-other000001"
LONG_AGO = 1_000
NOW = LONG_AGO + quotas.FINISHED_HANDSHAKE_SECONDS


def snapshot(*records, now=NOW, **leftovers):
    directory = Directory().changed([Put(each) for each in records], 7)
    return JobInput(TrackingDirectory(directory), now, Leftovers(**leftovers))


def organization(name):
    return Organization(account=name, management="1" * 12, root_id="r-abcd", created=1)


def handshake(name, owner=ONE, expires=LONG_AGO):
    return Handshake(
        account=owner,
        id=name,
        action="INVITE",
        state="OPEN",
        target="1" * 12,
        serial=1,
        requested=0,
        expires=expires,
    )


def transfer(name, owner=ONE, expires=LONG_AGO):
    return ResponsibilityTransfer(
        account=owner,
        id=name,
        type="BILLING",
        name="n",
        serial=1,
        handshake="h",
        status="REQUESTED",
        invited="1" * 12,
        requested=0,
        start=0,
        expires=expires,
    )


@pytest.mark.parametrize(
    ("log_from", "trim_to", "work"),
    [
        (50, 0, JobWork()),
        (50, 50 + MIN - 1, JobWork()),
        (50, 50 + MIN, JobWork(Changes(trim_to=50 + MIN), "commits up to 1050: 1000")),
        (
            50,
            50 + MOST,
            JobWork(Changes(trim_to=50 + MOST), "commits up to 5050: 5000", has_more=True),
        ),
    ],
)
def test_trimming_is_for_a_thousand_commits_or_more(log_from, trim_to, work) -> None:
    assert trimming.JOB.propose(snapshot(log_from=log_from, trim_to=trim_to)) == work


@pytest.mark.parametrize(
    ("expired", "work"),
    [
        (0, JobWork()),
        (1, JobWork(Changes(sweep_tickets=True), "expired tickets: 1")),
        (3, JobWork(Changes(sweep_tickets=True), "expired tickets: 3")),
    ],
)
def test_tickets_are_deleted_if_some_have_expired(expired, work) -> None:
    assert ticket_expiry.JOB.propose(snapshot(expired_tickets=expired)) == work


def removed(work):
    return sorted(change.record.id for change in work.changes.records)


def test_handshakes_that_are_no_longer_listed_are_removed_in_every_organization() -> None:
    records = [
        *(organization(each) for each in (ONE, OTHER)),
        *(handshake("h-gone"), handshake("h-told", expires=LONG_AGO + 1)),
        *(transfer("rt-gone"), transfer("rt-told", expires=LONG_AGO + 1)),
        handshake("h-theirs", owner=OTHER),
    ]
    work = handshake_expiry.JOB.propose(snapshot(*records))

    assert removed(work) == ["h-gone", "h-theirs", "rt-gone"]
    assert work.description == f"handshakes and transfers: 3, of {ONE}, {OTHER}"
    assert not work.has_more
    assert handshake_expiry.JOB.propose(snapshot(*records, now=NOW - 1)) == JobWork()


def test_a_removal_depends_on_its_own_organizations_alone() -> None:
    made = snapshot(
        organization(ONE), handshake("h"), organization(OTHER), handshake("h-told", OTHER, NOW)
    )
    changes = made.directory.with_read_set(handshake_expiry.JOB.propose(made).changes)

    assert changes.read == {ONE: 7}
    assert changes.read_all == {}


def test_only_so_many_handshakes_are_removed_in_one_commit() -> None:
    most = handshake_expiry.REMOVED_PER_COMMIT_MAX
    many = [handshake(f"h-{number}") for number in range(most + 1)]

    for count, has_more in ((most - 1, False), (most, True), (most + 1, True)):
        work = handshake_expiry.JOB.propose(snapshot(organization(ONE), *many[:count]))
        assert len(work.changes.records) == min(count, most)
        assert work.has_more is has_more


@pytest.fixture
def expiring(monkeypatch):
    """Have handshakes declare when they expire, as no kind of record does yet."""
    monkeypatch.setattr(Handshake, "expiry", "expires")


def test_records_that_have_expired_by_their_kinds_declaration_are_removed(expiring) -> None:
    made = snapshot(
        handshake("h-over", expires=NOW),
        handshake("h-next", expires=NOW + 1),
        handshake("h-never", expires=0),
        handshake("h-theirs", OTHER),
        transfer("rt"),
    )
    work = record_expiry.JOB.propose(made)
    changes = made.directory.with_read_set(
        Changes([each for each in work.changes.records if each.record.account == ONE])
    )

    assert removed(work) == ["h-over", "h-theirs"]
    assert work.description == "expired records: 2, of kind handshake"
    assert not work.has_more
    assert (changes.read, changes.read_all) == ({ONE: 7}, {})


def test_a_kind_that_declares_no_expiry_keeps_its_records() -> None:
    assert record_expiry.JOB.propose(snapshot(handshake("h"), transfer("rt"))) == JobWork()


def test_only_so_many_expired_records_are_removed_in_one_commit(expiring) -> None:
    most = record_expiry.REMOVED_PER_COMMIT_MAX
    many = [handshake(f"h-{number}") for number in range(most + 1)]

    for count, has_more in ((most - 1, False), (most, True), (most + 1, True)):
        work = record_expiry.JOB.propose(snapshot(*many[:count]))
        assert len(work.changes.records) == min(count, most)
        assert work.has_more is has_more


def test_how_often_each_is_due() -> None:
    jobs = (handshake_expiry, record_expiry, ticket_expiry, trimming)

    assert {job.JOB.name: job.JOB.period_seconds for job in jobs} == {
        "handshake-expiry": 3_600,
        "record-expiry": 600,
        "ticket-expiry": 600,
        "trimming": 600,
    }
