"""Generated requests and changes get the same answers whether everything is kept or nothing.

Two nodes over one database are asked, with changes of every kind between the requests; answers,
session tokens and audit logs are compared byte for byte. Deliberate faults show that a difference
would be found.
"""

import functools
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.kept.keeping import FAULTS, everything_kept, nothing_kept
from tests.kept.steps import STEPS, THEMES, joined, steps_of_theme, taken

EXAMPLES = int(os.environ.get("DAYPASS_KEPT", "60"))
EXAMPLES_PER_THEME = 12
"""In how many generated lists of steps of each theme every fault has to be found."""


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(STEPS)
def test_answers_with_everything_kept_are_those_worked_out_anew(steps) -> None:
    with everything_kept():
        kept = taken(steps)
    with nothing_kept():
        anew = taken(steps)

    assert kept == anew


@functools.cache
def _generated():
    """Return lists of steps, some of each theme, which are the same in each run."""
    by_theme = [_collected(joined(steps_of_theme(theme), 3)) for theme in THEMES]
    return [steps for together in zip(*by_theme, strict=True) for steps in together]


def _collected(strategy):
    found = []

    @settings(
        max_examples=EXAMPLES_PER_THEME,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(steps):
        found.append(steps)

    collect()
    return found[:EXAMPLES_PER_THEME]


@functools.cache
def _anew(at):
    with nothing_kept():
        return taken(_generated()[at])


def _is_found_in(at, fault):
    # Before the fault is there, which would be in both otherwise.
    anew = _anew(at)
    with everything_kept() as patched:
        fault(patched)
        return taken(_generated()[at]) != anew


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_in_what_is_kept_is_found(fault) -> None:
    assert any(_is_found_in(at, fault) for at in range(len(_generated())))
