"""Management policies: what is refused, and what they merge to, by cases that are data beside
this file.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.core import quotas
from daypass.core.faults import Malformed
from daypass.core.organizations.policies.inheritance import (
    effective_policy,
    parse_management_policy,
)

HERE = Path(__file__).parent / "cases"
EFFECTIVE = json.loads((HERE / "effective.json").read_text())
MALFORMED = json.loads((HERE / "malformed_management.json").read_text())
ALLOWED = "@@operators_allowed_for_child_policies"


def merged(nodes):
    return effective_policy(
        [[parse_management_policy(json.dumps(policy)) for policy in node] for node in nodes]
    )


def names(value):
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from names(each)


def bare(policy):
    """The policy without its operators, which are assigns alone."""
    if "@@assign" in policy:
        return policy["@@assign"]
    return {name: bare(each) for name, each in policy.items()}


@pytest.mark.parametrize("case", EFFECTIVE, ids=[case["case"] for case in EFFECTIVE])
def test_policies_merge_as_their_case_says(case) -> None:
    found = merged(case["nodes"])

    # By their text, in which a truth is no number and an array keeps its order.
    assert json.dumps(found, sort_keys=True) == json.dumps(case["expected"], sort_keys=True)


@pytest.mark.parametrize("case", MALFORMED, ids=[case["case"] for case in MALFORMED])
def test_a_malformed_policy_is_refused_with_what_and_where(case) -> None:
    text = case["text"] if "text" in case else json.dumps(case["document"])
    with pytest.raises(Malformed) as refused:
        parse_management_policy(text)

    assert refused.value.message == f"{case['says']} at `{case['path']}`"
    assert refused.value.path == case["path"]


@pytest.mark.parametrize("file", [EFFECTIVE, MALFORMED], ids=["effective", "malformed"])
def test_no_two_cases_have_one_name(file) -> None:
    assert len({case["case"] for case in file}) == len(file)


def test_a_policy_may_be_as_deep_as_the_bound_and_no_deeper() -> None:
    def nested(depth):
        return '{"a":' * (depth - 1) + '{"@@assign":"x"}' + "}" * (depth - 1)

    deepest = quotas.DOCUMENT_DEPTH_MAX

    assert parse_management_policy(nested(deepest)).settings[0].path == ("a",) * (deepest - 1)
    for depth in (deepest + 1, 100_000):
        with pytest.raises(Malformed):
            parse_management_policy(nested(depth))


def test_a_policy_may_be_as_long_as_the_bound_and_no_longer() -> None:
    text = "{}".ljust(quotas.DOCUMENT_CHARACTERS_MAX)

    assert parse_management_policy(text).settings == ()
    with pytest.raises(Malformed):
        parse_management_policy(text + " ")


NAMES = st.sampled_from(["tags", "a", "A", "b", "tag_key", "tag_value"])
SCALARS = st.one_of(
    st.text(max_size=3),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
ARRAYS = st.lists(SCALARS, max_size=3)
CONTROLS = st.one_of(
    st.sampled_from([["@@all"], ["@@none"]]),
    st.lists(st.sampled_from(["@@assign", "@@append", "@@remove"]), min_size=1),
)
LEAVES = st.one_of(
    st.fixed_dictionaries({"@@assign": SCALARS}, optional={ALLOWED: CONTROLS}),
    st.fixed_dictionaries(
        {}, optional={"@@assign": ARRAYS, "@@append": ARRAYS, "@@remove": ARRAYS, ALLOWED: CONTROLS}
    ),
)


def objects(below):
    """Objects of a policy, with a restriction of their own or without."""
    members = st.dictionaries(NAMES, below, max_size=3)
    controls = st.just({}) | st.fixed_dictionaries({ALLOWED: CONTROLS})
    return st.builds(lambda some, more: {**some, **more}, members, controls)


def one_spelling(policy):
    keys = policy.get("tags", {})
    return len({name.lower() for name in keys}) == len(keys)


POLICIES = objects(st.recursive(LEAVES, objects, max_leaves=6)).filter(one_spelling)
NODES = st.lists(st.lists(POLICIES, max_size=3), max_size=4)


@given(NODES)
def test_merging_never_leaves_an_operator_or_an_empty_object(nodes) -> None:
    found = merged(nodes)

    def check_objects(value):
        if isinstance(value, dict):
            assert value
            for each in value.values():
                check_objects(each)

    if found is not None:
        assert not [name for name in names(found) if name.startswith("@@")]
        check_objects(found)
        json.dumps(found, allow_nan=False)


@given(NODES, st.lists(st.lists(POLICIES, max_size=2), max_size=2))
def test_nothing_below_a_locked_root_changes_anything(upper, lower) -> None:
    locked = [*upper, [{ALLOWED: ["@@none"]}]]

    assert merged([*locked, *lower]) == merged(upper)


ASSIGNS = st.fixed_dictionaries(
    {
        "@@assign": SCALARS
        | st.lists(SCALARS, max_size=3, unique_by=lambda item: (isinstance(item, bool), item))
    }
)
PLAIN = st.dictionaries(
    NAMES,
    st.recursive(
        ASSIGNS, lambda below: st.dictionaries(NAMES, below, min_size=1, max_size=3), max_leaves=6
    ),
    min_size=1,
    max_size=3,
)


@given(PLAIN.filter(one_spelling))
def test_a_policy_of_assigns_alone_merges_to_itself_without_operators(policy) -> None:
    assert merged([[policy]]) == bare(policy)
    assert merged([[policy], [], [policy, policy]]) == bare(policy)
