"""The clock of stages charges each stage what its own functions use."""

import itertools
from dataclasses import dataclass

import pytest
from tests.bench.stage_clock import NotThere, StageClock, find, replaced
from tests.bench.stages import REST, ROWS, WHOLE, table


class Time:
    """A clock that only work moves."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now

    def work(self, nanoseconds):
        self.now += nanoseconds


def medians(clock, *calls):
    for call in calls:
        clock.begin()
        call()
        clock.end()
    return clock.medians()


def test_a_stage_is_not_charged_what_a_stage_inside_it_uses() -> None:
    time = Time()
    clock = StageClock(time)
    inner = clock.wrap("inner", lambda: time.work(3_000))

    def body():
        time.work(1_000)
        inner()
        time.work(500)
        inner()

    assert medians(clock, clock.wrap("outer", body)) == {"outer": 1.5, "inner": 6.0}


def test_what_is_done_between_two_stages_belongs_to_none() -> None:
    time = Time()
    clock = StageClock(time)
    stage = clock.wrap("stage", lambda: time.work(2_000))

    def call():
        stage()
        time.work(9_000)
        stage()

    assert medians(clock, call) == {"stage": 4.0}


def test_the_median_is_over_calls_and_a_call_without_the_stage_counts_as_nothing() -> None:
    time = Time()
    clock = StageClock(time)
    stage = clock.wrap("stage", time.work)
    calls = [lambda: stage(1_000), lambda: None, lambda: None]

    assert medians(clock, *calls) == {"stage": 0.0}


def test_a_stage_that_raises_ends_there() -> None:
    time = Time()
    clock = StageClock(time)

    def refuse():
        time.work(1_000)
        raise PermissionError

    inner = clock.wrap("inner", refuse)

    def body():
        try:
            inner()
        except PermissionError:
            time.work(4_000)

    assert medians(clock, clock.wrap("outer", body)) == {"outer": 4.0, "inner": 1.0}


def test_a_generator_is_timed_while_it_runs_and_returns_what_it_returned() -> None:
    time = Time()
    clock = StageClock(time)

    def steps():
        time.work(1_000)
        yield
        time.work(2_000)
        return "done"

    timed = clock.wrap("steps", steps)

    def call():
        running = timed()
        next(running)
        with pytest.raises(StopIteration, match="done"):
            next(running)

    assert medians(clock, call) == {"steps": 3.0}


def test_what_reading_the_clock_costs_is_charged_to_nobody() -> None:
    reading = itertools.count(0, 300)
    clock = StageClock(lambda: next(reading))
    inner = clock.wrap("inner", lambda: None)

    assert medians(clock, clock.wrap("outer", inner)) == {"outer": 0.0, "inner": 0.0}


@dataclass(frozen=True)
class Frozen:
    handler: str


def test_what_is_replaced_is_put_back_even_after_a_failure() -> None:
    frozen = Frozen("before")

    with pytest.raises(PermissionError), replaced([(frozen, "handler", "within")]):
        assert frozen.handler == "within"
        raise PermissionError

    assert frozen.handler == "before"


@pytest.mark.parametrize(
    "target", ["no.such.module:run", "json:no_such_function", "json:JSONEncoder.no_such_method"]
)
def test_a_function_that_is_not_there_is_named(target) -> None:
    with pytest.raises(NotThere, match=target):
        find(target)


def test_a_hook_that_was_not_found_stands_below_the_table() -> None:
    text = table({"GetUser": {REST: 2.0, WHOLE: 5.25}}, [("authorize", "a.b:gone")])

    assert f"| {WHOLE} | 5.2 |" in text
    assert f"| {ROWS[0]} |  |" in text
    assert text.splitlines()[-1] == (
        'not found, so its time is in another row: `a.b:gone` of "authorize"'
    )


def test_a_cell_beside_another_checkout_shows_before_and_now() -> None:
    text = table({"GetUser": {WHOLE: 5.0}}, [], {"GetUser": {WHOLE: 10.0, REST: 1.0}})

    assert f"| {WHOLE} | 10.0 → 5.0 |" in text
    assert f"| {REST} | 1.0 |" in text
