"""Tags on the root, units, accounts, policies, the resource policy and transfers."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    ELSEWHERE,
    ELSEWHERE_ROOT,
    FULL,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    ROOT,
    SCP,
    SECOND,
    STRANGER,
    TAG,
    Organized,
    constraint,
    invalid,
    passed,
    refuses,
)
from tests.services.organizations.organized import tags as labels
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.domain.organizations.resource_policy import ResourcePolicy
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.record import Tag
from daypass.services.organizations import tags

UNIT, POLICY, RESOURCE_POLICY, TRANSFER = (
    "ou-a1b2-team0000",
    "p-one00000",
    "rp-a1b2c3d4",
    "rt-a1b2c3d4",
)
KINDS = {
    ROOT: "root",
    UNIT: "ou",
    MEMBER: "account",
    MANAGEMENT: "account",
    POLICY: "policy",
    RESOURCE_POLICY: "resourcepolicy",
    TRANSFER: "transfer",
}


@pytest.fixture
def known():
    found = Organized(types=(SCP, TAG))
    found.unit("team")
    found.member(MEMBER, parent=UNIT)
    found.policy("one")
    found.put(ResourcePolicy(account=ORGANIZATION, id=RESOURCE_POLICY, content='{"Statement":[]}'))
    found.put(
        ResponsibilityTransfer(
            account=ORGANIZATION,
            id=TRANSFER,
            type="BILLING",
            name="bills",
            serial=9,
            handshake="h-0000000000",
            status="ACCEPTED",
            invited=STRANGER,
            requested=1,
            start=2,
            expires=3,
        )
    )
    return found


def tagged(known, thing, *pairs, **more):
    return known.call(tags.tag_resource, ResourceId=thing, Tags=[*pairs, *passed(**more)])


def untagged(known, thing, *keys):
    return known.call(tags.untag_resource, ResourceId=thing, TagKeys=list(keys))


def on(known, thing, caller=None):
    return known.call(tags.list_tags_for_resource, caller, ResourceId=thing)["Tags"]


def record_of(known, thing):
    view = known.organization
    return (
        view.node(thing)
        or view.of(OrganizationPolicy).get(thing)
        or view.of(ResourcePolicy).get(thing)
        or view.of(ResponsibilityTransfer).get(thing)
    )


@pytest.mark.parametrize("thing", KINDS)
def test_tags_are_put_on_one_thing_which_is_else_as_it_was(known, thing) -> None:
    before = record_of(known, thing)
    name = "root_tags" if thing == ROOT else "tags"

    assert on(known, thing) == []
    assert tagged(known, thing, Team="a", cost="") == {}
    assert known.gone == {before}
    assert known.new == {replace(before, **{name: labels(Team="a", cost="")})}
    assert on(known, thing) == passed(Team="a", cost="")


@pytest.mark.parametrize("thing", KINDS)
def test_a_tag_is_replaced_and_taken_off_in_whatever_case(known, thing) -> None:
    tagged(known, thing, Team="a", cost="1")
    tagged(known, thing, team="b", other="c")

    assert on(known, thing) == passed(team="b", cost="1", other="c")
    assert untagged(known, thing, "TEAM", "missing") == {}
    assert on(known, thing) == passed(cost="1", other="c")


def test_a_key_that_is_not_there_is_no_matter(known) -> None:
    untagged(known, UNIT, "missing")

    assert (known.gone, known.new) == (set(), set())


@pytest.mark.parametrize("thing", KINDS)
def test_a_key_is_given_once_and_never_awss(known, thing) -> None:
    with invalid("DUPLICATE_TAG_KEY", "You specified a tag key more than once."):
        tagged(known, thing, Team="a", team="b")
    for key in ("aws:cost", "AWS:cost"):
        with invalid(
            "INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that begins with `aws:`."
        ):
            tagged(known, thing, {"Key": key, "Value": "1"})


@pytest.mark.parametrize("thing", KINDS)
def test_a_thing_has_so_many_tags(known, monkeypatch, thing) -> None:
    monkeypatch.setattr(quotas, "TAGS_MAX", 2)
    tagged(known, thing, Team="a", cost="1")
    tagged(known, thing, TEAM="b", cost="2")

    with constraint("MAX_TAG_LIMIT_EXCEEDED", "An entity has at most 2 tags."):
        tagged(known, thing, third="c")
    assert on(known, thing) == passed(TEAM="b", cost="2")


@pytest.mark.parametrize(("thing", "kind"), KINDS.items())
def test_the_tag_policy_of_the_management_account_is_kept_for_its_kind_of_thing(
    known, thing, kind
) -> None:
    rule = (
        '{"tag_key":{"@@assign":"Team"},"tag_value":{"@@assign":["a*"]},'
        '"enforced_for":{"@@assign":["organizations:KIND"]}}'
    )
    content = f'{{"tags":{{"team":{rule.replace("KIND", kind)}}}}}'
    known.policy("spelling", type=TAG, content=content, on=[MANAGEMENT])
    other = next(each for each, its in KINDS.items() if its != kind)

    with constraint(
        "TAG_POLICY_VIOLATION", "The tag policy requires the spelling `Team` of this tag key."
    ):
        tagged(known, thing, team="a")
    with constraint(
        "TAG_POLICY_VIOLATION",
        "The tag policy does not allow the specified value for the following tag key: `Team`.",
    ):
        tagged(known, thing, Team="b")
    tagged(known, thing, Team="abc", cost="b")
    tagged(known, other, team="b")


def test_what_was_tagged_before_a_tag_policy_may_stay_and_be_taken_off(known) -> None:
    known.put(
        replace(known.organization.of(OrganizationalUnit).get(UNIT), tags=(Tag("team", "x"),))
    )
    content = (
        '{"tags":{"team":{"tag_key":{"@@assign":"Team"},'
        '"enforced_for":{"@@assign":["organizations:ALL_SUPPORTED"]}}}}'
    )
    known.policy("spelling", type=TAG, content=content, on=[ROOT])

    tagged(known, UNIT, cost="1")
    assert on(known, UNIT) == passed(team="x", cost="1")
    untagged(known, UNIT, "team")
    assert on(known, UNIT) == passed(cost="1")


@pytest.mark.parametrize(
    "act",
    [
        lambda known, thing: tagged(known, thing, Team="a"),
        lambda known, thing: untagged(known, thing, "Team"),
    ],
)
def test_what_aws_owns_gets_no_tags_and_has_none(known, act) -> None:
    with invalid("IMMUTABLE_POLICY", "You can't change a policy that AWS manages."):
        act(known, FULL)
    assert on(known, FULL) == []


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        ("r-zzzz", "You specified a target that doesn't exist."),
        (ELSEWHERE_ROOT, "You specified a target that doesn't exist."),
        ("ou-a1b2-missing0", "You specified a target that doesn't exist."),
        (STRANGER, "You specified a target that doesn't exist."),
        (SECOND, "You specified a target that doesn't exist."),
        ("p-missing000", "You specified a policy that doesn't exist."),
        ("rp-missing0", "You specified a target that doesn't exist."),
        ("rt-missing0", "You specified a target that doesn't exist."),
        ("rt-theirs00", "You specified a target that doesn't exist."),
    ],
)
def test_what_is_not_of_the_organization_has_no_tags(known, thing, words) -> None:
    known.elsewhere()
    known.member(SECOND, closed=NOW - 90 * DAY)
    known.put(
        ResponsibilityTransfer(
            account=ELSEWHERE,
            id="rt-theirs00",
            type="BILLING",
            name="bills",
            serial=9,
            handshake="h-1000000000",
            status="ACCEPTED",
            invited=MANAGEMENT,
            requested=1,
            start=2,
            expires=3,
            source=MANAGEMENT,
            source_organization=ORGANIZATION,
        )
    )

    for act in (
        lambda: tagged(known, thing, Team="a"),
        lambda: untagged(known, thing, "Team"),
        lambda: on(known, thing),
    ):
        with refuses("TargetNotFound", words):
            act()


def test_a_member_neither_puts_takes_nor_sees_tags(known) -> None:
    for operation, more in (
        (tags.tag_resource, {"Tags": passed(Team="a")}),
        (tags.untag_resource, {"TagKeys": ["Team"]}),
        (tags.list_tags_for_resource, {}),
    ):
        with refuses("AccessDenied", "You don't have permissions to access this resource."):
            known.call(operation, known.root(MEMBER), ResourceId=MEMBER, **more)


@pytest.mark.parametrize("thing", KINDS)
def test_a_tagged_thing_is_asked_for_by_its_name_with_the_tags_that_it_has_and_gets(
    known, thing
) -> None:
    tagged(known, thing, Team="a")
    (found,) = known.located(tags.tag_resource, ResourceId=thing, Tags=passed(Cost="1"))

    assert found.arn.startswith(
        f"arn:aws:organizations::{MANAGEMENT}:{KINDS[thing]}/{ORGANIZATION}/"
    )
    assert found.arn.endswith(f"/{thing}")
    assert (found.keys["aws:resourcetag/team"], found.keys["aws:requesttag/cost"]) == ("a", "1")
