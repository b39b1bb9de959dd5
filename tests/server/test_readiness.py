"""Readiness: the same conditions and reasons at `/readyz`, in the metrics and on the terminal."""

import http.client
from functools import partial

import pytest

from daypass.server.health.metrics import Aggregation, Metrics
from daypass.server.health.readiness import Readiness


def readiness(**reasons):
    made = Readiness()
    for name in list(reasons):
        made.add_condition(name, partial(reasons.get, name))
    return made, reasons


def get(live, path):
    connection = http.client.HTTPConnection(live.config.host, live.config.port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def test_a_server_without_conditions_is_ready() -> None:
    assert Readiness().is_ready
    assert Readiness().response() == (200, "ready\n")


def test_one_condition_that_does_not_hold_makes_the_server_not_ready_and_says_why() -> None:
    made, _ = readiness(database="the disk is full", keys="")

    assert not made.is_ready
    assert made.response() == (503, "not ready\ndatabase: the disk is full\n")
    assert made.reasons == {"database": "the disk is full"}


def test_a_condition_is_checked_each_time() -> None:
    made, reasons = readiness(database="the disk is full")
    reasons["database"] = ""

    assert made.is_ready


def test_a_condition_whose_check_raises_does_not_hold() -> None:
    made = Readiness()
    made.add_condition("store", lambda: 1 / 0)

    assert made.reasons == {"store": "its state cannot be determined"}


def test_two_conditions_cannot_have_one_name() -> None:
    made, _ = readiness(database="")
    with pytest.raises(ValueError, match="there already is a condition `database`"):
        made.add_condition("database", lambda: "")


def test_each_change_is_announced_once() -> None:
    made, reasons = readiness(database="", keys="")

    assert made.announcements() == []
    reasons["database"] = "the disk is full"
    assert made.announcements() == ["not ready: database: the disk is full"]
    assert made.announcements() == []
    reasons["database"] = "the disk fails"
    assert made.announcements() == ["not ready: database: the disk fails"]
    reasons["database"] = ""
    assert made.announcements() == ["ready again: database"]
    assert made.announcements() == []


def test_the_metrics_show_each_condition() -> None:
    made, _ = readiness(database="the disk is full", keys="")
    metrics = Metrics()
    metrics.add_labelled_gauge(
        "daypass_ready",
        "Whether a condition holds.",
        Aggregation.MIN,
        "condition",
        made.condition_values,
    )
    lines = metrics.text().splitlines()

    assert 'daypass_ready{condition="database"} 0' in lines
    assert 'daypass_ready{condition="keys"} 1' in lines
    assert "# TYPE daypass_ready gauge" in lines


def test_readyz_and_the_metrics_of_a_live_server_know_its_conditions(live) -> None:
    assert get(live, "/readyz") == (200, "ready\n")
    assert 'daypass_ready{condition="database"} 1' in get(live, "/metrics")[1]
