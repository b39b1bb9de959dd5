"""The page of metrics: of one process to the byte, and of several as if one had counted it all."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.server.health.metrics import (
    Aggregation,
    Metrics,
    MetricsSnapshot,
    combine_snapshots,
    counters_only,
    format_page,
)

PAGE = """\
# HELP daypass_requests_total Answers by service, operation and outcome.
# TYPE daypass_requests_total counter
daypass_requests_total{service="iam",operation="GetUser",outcome="ok"} 2
daypass_requests_total{service="s3",operation="GetObject",outcome="ok"} 1234567
daypass_requests_total{service="sts",operation="AssumeRole",outcome="AccessDenied"} 1
daypass_requests_total{service="sts",operation="AssumeRole",outcome="ok"} 3
# HELP daypass_jobs_total Runs of the server's own jobs, by job and outcome.
# TYPE daypass_jobs_total counter
daypass_jobs_total{job="expiry",outcome="failed"} 1
daypass_jobs_total{job="trimming",outcome="done"} 1
# HELP daypass_clock_lead_seconds Lead.
# TYPE daypass_clock_lead_seconds gauge
daypass_clock_lead_seconds 0.25
# HELP daypass_connections Connections.
# TYPE daypass_connections gauge
daypass_connections 7
# HELP daypass_directory_revision Revision.
# TYPE daypass_directory_revision gauge
daypass_directory_revision 1.23457e+07
# HELP daypass_ready Ready.
# TYPE daypass_ready gauge
daypass_ready{condition="key ring"} 1
daypass_ready{condition="database"} 0
"""
EMPTY = """\
# HELP daypass_requests_total Answers by service, operation and outcome.
# TYPE daypass_requests_total counter
# HELP daypass_jobs_total Runs of the server's own jobs, by job and outcome.
# TYPE daypass_jobs_total counter
"""


def make_metrics(answers=(), jobs=(), **gauges):
    """Return metrics with these counts, and gauges by name: their aggregation and figure."""
    made = Metrics()
    for answer in answers:
        made.count_answer(*answer)
    for job in jobs:
        made.count_job(*job)
    for name, (combine, figure) in gauges.items():
        made.add_gauge(name, "A gauge.", combine, lambda figure=figure: figure)
    return made


def sample_lines(text):
    """Return the lines of a page that are samples."""
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_the_page_of_one_process() -> None:
    made = make_metrics(
        [("sts", "AssumeRole", "ok")] * 3
        + [("sts", "AssumeRole", "AccessDenied")]
        + [("iam", "GetUser", "ok")] * 2,
        [("trimming", "done"), ("expiry", "failed")],
    )
    made._answers["s3", "GetObject", "ok"] = 1_234_567
    made.add_gauge("daypass_connections", "Connections.", Aggregation.SUM, lambda: 7)
    made.add_gauge("daypass_clock_lead_seconds", "Lead.", Aggregation.MAX, lambda: 0.25)
    made.add_gauge("daypass_directory_revision", "Revision.", Aggregation.MIN, lambda: 12_345_678)
    made.add_labelled_gauge(
        "daypass_ready",
        "Ready.",
        Aggregation.MIN,
        "condition",
        lambda: {"key ring": 1.0, "database": 0.0},
    )

    assert made.text() == PAGE
    assert format_page([made.snapshot()]) == PAGE


def test_the_page_of_a_new_process_names_its_counters() -> None:
    assert Metrics().text() == EMPTY


def test_the_page_of_no_process_is_empty() -> None:
    assert format_page([]) == ""


@pytest.mark.parametrize(
    ("combine", "figure"), [(Aggregation.SUM, "8"), (Aggregation.MAX, "5"), (Aggregation.MIN, "3")]
)
def test_gauges_combine_by_their_aggregation(combine, figure) -> None:
    snapshots = [make_metrics(g=(combine, each)).snapshot() for each in (5, 3)]

    assert sample_lines(format_page(snapshots)) == [f"g {figure}"]


def test_a_condition_holds_only_if_it_holds_in_every_process() -> None:
    snapshots = []
    for states in ({"database": 1.0, "store": 1.0}, {"database": 0.0, "own": 1.0}):
        made = Metrics()
        made.add_labelled_gauge(
            "daypass_ready", "Ready.", Aggregation.MIN, "condition", states.copy
        )
        snapshots.append(made.snapshot())

    assert sample_lines(format_page(snapshots)) == [
        'daypass_ready{condition="database"} 0',
        'daypass_ready{condition="store"} 1',
        'daypass_ready{condition="own"} 1',
    ]


def test_gauges_of_several_processes_are_sorted_by_name() -> None:
    one = make_metrics(b=(Aggregation.SUM, 1)).snapshot()
    other = make_metrics(c=(Aggregation.SUM, 1), a=(Aggregation.SUM, 1)).snapshot()

    assert sample_lines(format_page([one, other])) == ["a 1", "b 1", "c 1"]


def test_counters_of_an_ended_process_stay_and_its_gauges_do_not() -> None:
    before = make_metrics(
        [("sts", "GetCallerIdentity", "ok")], [("trimming", "done")], g=(Aggregation.SUM, 5)
    )
    again = make_metrics([("sts", "GetCallerIdentity", "ok")], g=(Aggregation.SUM, 2))

    assert sample_lines(format_page([counters_only(before.snapshot()), again.snapshot()])) == [
        'daypass_requests_total{service="sts",operation="GetCallerIdentity",outcome="ok"} 2',
        'daypass_jobs_total{job="trimming",outcome="done"} 1',
        "g 2",
    ]


def test_a_snapshot_does_not_change_with_later_counts() -> None:
    made = make_metrics([("sts", "GetCallerIdentity", "ok")])
    before = made.snapshot()
    made.count_answer("sts", "GetCallerIdentity", "ok")

    assert sample_lines(format_page([before]))[0].endswith(" 1")


@pytest.mark.parametrize("form", [msgspec.msgpack, msgspec.json])
def test_a_snapshot_is_the_same_in_another_process(form) -> None:
    made = make_metrics(
        [("s3", "GetObject", "ok")], [("trimming", "done")], g=(Aggregation.MAX, 0.5)
    )
    snapshot = made.snapshot()

    assert form.decode(form.encode(snapshot), type=MetricsSnapshot) == snapshot


answers = st.tuples(
    st.sampled_from(["iam", "s3", "sts"]),
    st.sampled_from(["GetUser", "GetObject"]),
    st.sampled_from(["ok", "AccessDenied"]),
)
jobs = st.tuples(st.sampled_from(["expiry", "trimming"]), st.sampled_from(["done", "failed"]))
PROCESSES = 3


@given(
    st.lists(st.tuples(answers, st.integers(0, PROCESSES - 1))),
    st.lists(st.tuples(jobs, st.integers(0, PROCESSES - 1))),
    st.lists(st.integers(0, 9), min_size=PROCESSES, max_size=PROCESSES),
)
def test_the_page_of_several_processes_is_that_of_one_with_all_their_counts(
    given_answers, given_jobs, figures
) -> None:
    parts = [
        make_metrics(
            [answer for answer, process in given_answers if process == number],
            [job for job, process in given_jobs if process == number],
            g=(Aggregation.SUM, figures[number]),
        ).snapshot()
        for number in range(PROCESSES)
    ]
    whole = make_metrics(
        [answer for answer, _ in given_answers],
        [job for job, _ in given_jobs],
        g=(Aggregation.SUM, sum(figures)),
    )

    assert format_page(parts) == whole.text()
    assert format_page([combine_snapshots(parts[:2]), *parts[2:]]) == whole.text()
    assert format_page(map(counters_only, parts)) == format_page([counters_only(whole.snapshot())])
