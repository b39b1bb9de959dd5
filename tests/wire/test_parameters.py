"""Bounds of parameters as the quotas publish them: cases as data, beside those of the policies."""

import copy

import pytest
from tests.core.policy import cases
from tests.wire import generate

from daypass.core.faults import Invalid
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog

CATALOG = load_catalog(SERVICES)


def with_value(params, path, value):
    changed = copy.deepcopy(params)
    *heads, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = changed
    for head in heads:
        place = place[head]
    place[last] = value
    return changed


def accepts(service, operation, path, value):
    ours = CATALOG.services[service]
    wire = ours.operations[operation]
    params = with_value(generate.value(ours.model, wire.input_shape, full=True), path, value)
    try:
        wire.validate(params)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize(
    "case", cases.PARAMETERS, ids=[":".join(case[1:4]) for case in cases.PARAMETERS]
)
def test_a_parameter_is_as_long_as_its_case_says(case) -> None:
    _, service, operation, path, unit, least, most, never = case

    def of(length):
        return unit * length if isinstance(unit, str) else [unit] * length

    lengths = {least: True, most: True, most + 1: False, **({least - 1: False} if least else {})}
    assert {length: accepts(service, operation, path, of(length)) for length in lengths} == lengths
    assert [value for value in never if accepts(service, operation, path, value)] == []
