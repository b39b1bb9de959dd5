"""Generated requests and changes get the same answers whether everything is kept or nothing.

Two nodes over one database are asked, with changes of every kind between the requests; answers,
session tokens and audit logs are compared byte for byte. Deliberate faults show that a difference
would be found.
"""

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample
from tests.kept.keeping import FAULTS, everything_kept, nothing_kept
from tests.kept.steps import STEPS, taken

EXAMPLES_MAX = 150
"""How many examples a fault may take to be found."""


def _differs(steps, fault=None):
    with everything_kept() as patched:
        if fault:
            fault(patched)
        kept = taken(steps)
    with nothing_kept():
        anew = taken(steps)
    return kept != anew


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_no_answer_differs_with_everything_kept_from_one_worked_out_anew(steps) -> None:
    with everything_kept():
        kept = taken(steps)
    with nothing_kept():
        anew = taken(steps)

    assert kept == anew


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_in_what_is_kept_is_found(fault) -> None:
    try:
        find(
            STEPS,
            lambda steps: _differs(steps, fault),
            settings=settings(
                max_examples=EXAMPLES_MAX,
                derandomize=True,
                database=None,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    except NoSuchExample:
        pytest.fail("no difference was found")
