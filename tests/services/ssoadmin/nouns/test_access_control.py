"""Attributes for access control: enabled, replaced, shown, disabled."""

import pytest
from tests.services.ssoadmin.centered import ARN, Centered
from tests.services.support import refused

from daypass.core.domain.identity_center.instance import AccessAttribute
from daypass.core.faults import AlreadyExists, InvalidParameterValue, NotFound, Violation
from daypass.services.ssoadmin import access_control

CREATE = access_control.create_instance_access_control_attribute_configuration
UPDATE = access_control.update_instance_access_control_attribute_configuration
DELETE = access_control.delete_instance_access_control_attribute_configuration
DESCRIBE = access_control.describe_instance_access_control_attribute_configuration
COST, TEAM = "${path:enterprise.costCenter}", "${path:enterprise.department}"


@pytest.fixture
def known():
    return Centered()


def asked(**sources):
    """Return a configuration as a request has it, with the source of each key."""
    listed = [{"Key": key, "Value": {"Source": [source]}} for key, source in sources.items()]
    return {
        "InstanceArn": ARN,
        "InstanceAccessControlAttributeConfiguration": {"AccessControlAttributes": listed},
    }


def shown(known):
    answer = known.call(DESCRIBE, InstanceArn=ARN)
    assert answer["Status"] == "ENABLED"
    return asked() | {"InstanceAccessControlAttributeConfiguration": answer[list(answer)[1]]}


@pytest.mark.parametrize("sources", [{}, {"cost": COST}, {"cost": COST, "Team": TEAM}])
def test_what_is_enabled_is_described(known, sources) -> None:
    assert known.call(CREATE, **asked(**sources)) == {}

    assert shown(known) == asked(**sources)
    assert known.found.access_attributes == tuple(
        AccessAttribute(key, source) for key, source in sources.items()
    )


def test_attributes_are_enabled_once(known) -> None:
    known.call(CREATE, **asked())

    with refused(
        AlreadyExists, "Attributes for access control are already enabled for the instance."
    ):
        known.call(CREATE, **asked(cost=COST))


def test_an_update_replaces_the_whole_list(known) -> None:
    known.call(CREATE, **asked(cost=COST))
    known.call(UPDATE, **asked(team=TEAM))

    assert shown(known) == asked(team=TEAM)


def test_what_is_disabled_is_forgotten(known) -> None:
    known.call(CREATE, **asked(cost=COST))
    known.call(DELETE, InstanceArn=ARN)
    assert known.found.access_attributes is None

    known.call(CREATE, **asked())
    assert shown(known) == asked()


@pytest.mark.parametrize(
    ("function", "parameters"),
    [(DESCRIBE, {"InstanceArn": ARN}), (DELETE, {"InstanceArn": ARN}), (UPDATE, asked(cost=COST))],
)
def test_what_is_not_enabled_is_not_found(known, function, parameters) -> None:
    with refused(NotFound, "Attributes for access control are not enabled for the instance."):
        known.call(function, **parameters)


@pytest.mark.parametrize("function", [CREATE, UPDATE])
def test_a_source_that_is_not_on_the_list_is_refused(known, function) -> None:
    if function is UPDATE:
        known.call(CREATE, **asked(team=TEAM))
    before = known.found

    with refused(
        InvalidParameterValue,
        "The source ${path:secret} of the attribute cost is not a supported path.",
    ):
        known.call(function, **asked(team=TEAM, cost="${path:secret}"))
    assert known.found is before


def one(key="cost", sources=(COST,)):
    return {"Key": key, "Value": {"Source": list(sources)}}


@pytest.mark.parametrize(
    ("listed", "fits"),
    [
        ([one(str(number)) for number in range(50)], True),
        ([one(str(number)) for number in range(51)], False),
        ([one("k" * 128)], True),
        ([one("k" * 129)], False),
        ([one("")], False),
        ([one("a,b")], False),
        ([one(sources=())], False),
        ([one(sources=(COST, TEAM))], False),
    ],
)
@pytest.mark.parametrize("function", [CREATE, UPDATE])
def test_there_are_at_most_fifty_attributes_each_with_exactly_one_source(
    known, function, listed, fits
) -> None:
    if function is UPDATE:
        known.call(CREATE, **asked())
    before = known.found
    parameters = asked()
    parameters["InstanceAccessControlAttributeConfiguration"]["AccessControlAttributes"] = listed

    if fits:
        known.call(function, **parameters)
        assert len(known.found.access_attributes) == len(listed)
        return
    with pytest.raises(Violation):
        known.call(function, **parameters)
    assert known.found is before
