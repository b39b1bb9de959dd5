"""Attaching and detaching policies: quotas, what stays attached, and lists."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.documents import deny, policy
from tests.services.organizations.conftest import (
    FULL,
    HARMLESS,
    RCP,
    RCP_FULL,
    SCP,
    TAG,
    refused,
    tag_policy,
)

DOCUMENTS = {SCP: HARMLESS, RCP: policy(deny("s3:DeleteBucketPolicy", Principal="*"))}
LAST = (
    "You cannot remove the last policy attached to the specified target."
    " You must have at least one attached at all times."
)
FULL_NODE = "You have attached the maximum number of policies to the specified target."


def content_of(kind):
    return DOCUMENTS.get(kind, tag_policy())


def places(org):
    """Return the root, a unit and an account."""
    return {
        "ROOT": org.root,
        "ORGANIZATIONAL_UNIT": org.unit("Unit"),
        "ACCOUNT": org.account("Mine"),
    }


@pytest.mark.parametrize("place", ["ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"])
def test_a_policy_hangs_where_it_was_attached_until_it_is_detached(org, place) -> None:
    target = places(org)[place]
    made = org.policy(HARMLESS, name="Fence")
    link = {"PolicyId": made["Id"], "TargetId": target}
    org.o.attach_policy(**link)

    name = {"ROOT": "Root", "ORGANIZATIONAL_UNIT": "Unit", "ACCOUNT": "Mine"}[place]
    shown = {"TargetId": target, "Arn": org.arn(target), "Name": name, "Type": place}
    assert org.o.list_targets_for_policy(PolicyId=made["Id"])["Targets"] == [shown]
    assert made in org.o.list_policies_for_target(TargetId=target, Filter=SCP)["Policies"]
    refused("DuplicatePolicyAttachment", org.o.attach_policy, **link)
    org.o.detach_policy(**link)
    assert org.o.list_targets_for_policy(PolicyId=made["Id"])["Targets"] == []
    assert org.on(target) == ["FullAWSAccess"]
    refused("PolicyNotAttached", org.o.detach_policy, **link)


def test_what_hangs_above_is_not_listed_below(org) -> None:
    unit = org.unit()
    account = org.account(parent=unit)
    org.policy(HARMLESS, on=[org.root, unit], name="Fence")

    assert org.on(org.root) == org.on(unit) == ["FullAWSAccess", "Fence"]
    assert org.on(account) == ["FullAWSAccess"]


@pytest.mark.parametrize("place", ["ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"])
@pytest.mark.parametrize(
    ("kind", "most"), [(SCP, 10), (RCP, 5), ("AISERVICES_OPT_OUT_POLICY", 5), (TAG, 10)]
)
def test_so_many_policies_of_a_type_hang_in_one_place_and_no_more(org, kind, most, place) -> None:
    if kind != SCP:
        org.enable(kind)
    target = places(org)[place]
    there = len(org.on(target, kind))
    for _ in range(most - there):
        org.policy(content_of(kind), kind=kind, on=target)

    more = org.policy(content_of(kind), kind=kind)["Id"]
    answer = refused(
        "ConstraintViolation",
        org.o.attach_policy,
        "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        PolicyId=more,
        TargetId=target,
    )
    assert answer["Error"]["Message"] == FULL_NODE
    assert there == (1 if kind in DOCUMENTS else 0)
    # Another type has its own count.
    other = org.policy(tag_policy(), kind="BACKUP_POLICY")["Id"]
    org.enable("BACKUP_POLICY")
    org.o.attach_policy(PolicyId=other, TargetId=target)


@pytest.mark.parametrize("place", ["ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"])
def test_the_last_scp_stays_and_is_swapped_by_attaching_first(org, place) -> None:
    target = places(org)[place]

    answer = refused(
        "ConstraintViolation",
        org.o.detach_policy,
        "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        PolicyId=FULL,
        TargetId=target,
    )
    assert answer["Error"]["Message"] == LAST
    org.policy(HARMLESS, on=target, name="Fence")
    org.o.detach_policy(PolicyId=FULL, TargetId=target)
    assert org.on(target) == ["Fence"]


def test_other_types_may_be_taken_off_to_the_last(org) -> None:
    org.enable(TAG)
    made = org.policy(tag_policy(), kind=TAG, on=org.root)
    org.o.detach_policy(PolicyId=made["Id"], TargetId=org.root)

    assert org.on(org.root, TAG) == []


@pytest.mark.parametrize("place", ["ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"])
def test_rcp_full_access_is_never_taken_off(org, place) -> None:
    org.enable(RCP)
    target = places(org)[place]
    org.policy(content_of(RCP), kind=RCP, on=target)

    refused(
        "InvalidInput",
        org.o.detach_policy,
        "NON_DETACHABLE_POLICY",
        PolicyId=RCP_FULL,
        TargetId=target,
    )


@pytest.mark.parametrize("kind", [RCP, TAG])
def test_a_type_that_is_not_enabled_is_not_attached(org, kind) -> None:
    made = org.policy(content_of(kind), kind=kind)

    refused("PolicyTypeNotEnabled", org.o.attach_policy, PolicyId=made["Id"], TargetId=org.root)
    refused("PolicyTypeNotEnabled", org.o.attach_policy, PolicyId=RCP_FULL, TargetId=org.root)


@pytest.mark.parametrize("call", ["attach_policy", "detach_policy"])
def test_both_ends_must_be_there_and_be_ids(shared, call) -> None:
    checked, unchecked = getattr(shared.o, call), getattr(shared.unchecked, call)
    root = shared.root

    refused("PolicyNotFound", checked, PolicyId="p-0000000000", TargetId=root)
    for target in ("000000000000", "r-zzzz", "ou-zzzz-00000000"):
        refused("TargetNotFound", checked, PolicyId=FULL, TargetId=target)
    refused("InvalidInput", unchecked, "INVALID_SYNTAX_POLICY_ID", PolicyId="x", TargetId=root)
    for target in (
        "r-zz",
        "r-zzzz/",
        "x000000000000",
        "0000000000000",
        "ou-zzzz-00000000/r",
        "o-0123456789",
    ):
        refused(
            "InvalidInput", unchecked, "INVALID_PATTERN_TARGET_ID", PolicyId=FULL, TargetId=target
        )
    refused("InvalidInput", unchecked, "INPUT_REQUIRED", PolicyId=FULL)


def test_one_type_is_named_for_a_targets_policies(shared) -> None:
    call = shared.unchecked.list_policies_for_target

    refused("InvalidInput", call, "INPUT_REQUIRED", TargetId=shared.root)
    refused("InvalidInput", call, "INVALID_ENUM_POLICY_TYPE", TargetId=shared.root, Filter="ANY")


def test_tens_that_are_attached_and_detached_at_once_all_win(org) -> None:
    units = [org.unit() for _ in range(4)]
    made = [org.policy(HARMLESS)["Id"] for _ in range(9)]
    links = [{"PolicyId": each, "TargetId": unit} for each in made for unit in units]

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(lambda link: org.o.attach_policy(**link), links))
    for unit in units:
        assert len(org.on(unit)) == 10
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(lambda link: org.o.detach_policy(**link), links))
    for unit in units:
        assert org.on(unit) == ["FullAWSAccess"]


def test_what_members_do_meanwhile_wins_too(org) -> None:
    members = [org.account() for _ in range(4)]
    clients = [org.client("iam", account) for account in members]
    unit = org.unit()
    made = [org.policy(HARMLESS)["Id"] for _ in range(9)]

    def attach(policy_id):
        org.o.attach_policy(PolicyId=policy_id, TargetId=unit)

    def work(at):
        for number in range(6):
            clients[at % 4].create_user(UserName=f"u{at}-{number}")

    with ThreadPoolExecutor(17) as pool:
        waiting = [pool.submit(work, at) for at in range(8)]
        waiting += [pool.submit(attach, policy_id) for policy_id in made]
        for each in waiting:
            each.result()
    assert len(org.on(unit)) == 10
    assert sum(len(iam.list_users()["Users"]) for iam in clients) == 48


def test_a_place_that_is_filled_at_once_is_full_and_not_more(org) -> None:
    made = [org.policy(HARMLESS)["Id"] for _ in range(16)]

    def attach(policy_id):
        try:
            org.o.attach_policy(PolicyId=policy_id, TargetId=org.root)
        except org.o.exceptions.ConstraintViolationException:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attach, made)) == 9
    assert len(org.on(org.root)) == 10


def test_what_is_forgotten_hangs_nowhere(org) -> None:
    unit, account = org.unit(), org.account()
    made = org.policy(HARMLESS, on=[unit, account])["Id"]
    org.o.delete_organizational_unit(OrganizationalUnitId=unit)
    org.o.remove_account_from_organization(AccountId=account)

    assert org.o.list_targets_for_policy(PolicyId=made)["Targets"] == []
    org.o.delete_policy(PolicyId=made)


def test_full_access_hangs_on_everything_in_order_of_creation(org) -> None:
    unit, account = org.unit("Unit"), org.account("Mine")

    targets = org.o.list_targets_for_policy(PolicyId=FULL)["Targets"]
    assert [each["TargetId"] for each in targets] == [org.root, org.management, unit, account]
