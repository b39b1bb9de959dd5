"""The small rules of organizations, by cases that are data beside this file."""

import contextlib
import json
import re
from pathlib import Path

import pytest
from tests.documents import allow, document, policy, trust

from daypass.core import quotas
from daypass.core.domain.account import Account
from daypass.core.domain.partition import GLOBAL
from daypass.core.domain.record import Tag
from daypass.core.domain.tagging import add_tags
from daypass.core.faults import Malformed, ServiceFault
from daypass.core.identity_center import reserved_roles
from daypass.core.organizations import (
    founding,
    ids,
    membership_roles,
    names,
    refusals,
    settings,
    tagging,
    tree,
)
from daypass.core.organizations.policies import policy_rules, policy_types, resource_policies

HERE = Path(__file__).parent / "cases"
MANAGEMENT, MEMBER, ORGANIZATION = "111122223333", "222233334444", "o-a1b2c3d4e5"


def load(name):
    return json.loads((HERE / f"{name}.json").read_text())


def table(found):
    return pytest.mark.parametrize("case", found, ids=[case["case"] for case in found])


@contextlib.contextmanager
def told(case):
    """Expect the refusal that a case names, or none."""
    if "says" not in case:
        yield
        return
    with pytest.raises(ServiceFault) as caught:
        yield
    assert caught.value.code == case["says"]
    assert caught.value.details.get("Reason") == case.get("reason")
    assert caught.value.message == case.get("words", caught.value.message)
    assert caught.value.message


@table(load("emails"))
def test_an_address_keeps_the_rules_of_its_case(case) -> None:
    assert names.is_email(case["email"]) is case["good"]


@table(load("role_names"))
def test_a_new_accounts_role_is_called_like_no_services(case) -> None:
    assert names.is_allowed_role_name(case["name"]) is case["good"]


def test_addresses_are_compared_without_regard_to_case() -> None:
    assert names.fold_email("Root@Example.COM") == names.fold_email("rOOT@example.com")
    assert names.fold_email("a@example.com") != names.fold_email("b@example.com")


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("root+111122223333@daypass.invalid", True),
        ("Root@DayPass.Invalid", True),
        ("root@example.com", False),
        ("daypass.invalid@example.com", False),
        ("root@my-daypass.invalid", False),
    ],
)
def test_an_address_that_was_made_up_is_known(email, expected) -> None:
    assert names.is_placeholder_email(email) is expected


@table(load("tagging"))
def test_tags_are_added_as_the_case_says(case) -> None:
    known = [Tag(*pair) for pair in case.get("known", ())]
    known += [Tag(f"k{number}", "") for number in range(case.get("many", 0))]
    with told(case):
        found = add_tags(tuple(known), (Tag(*pair) for pair in case["added"]), tagging.TAG_FAULTS)

        assert len(found) == case.get("count", len(found))
        if "expected" in case:
            assert found == tuple(Tag(*pair) for pair in case["expected"])


ATTACH = load("attach")


@table(ATTACH["attached"])
def test_a_policy_is_attached_as_the_case_says(case) -> None:
    with told(case):
        kind = policy_types.POLICY_TYPES[case["type"]]
        found = policy_rules.attach_policy(
            tuple(case["node"]), case["policy"], case["of_type"], kind
        )

        assert found == tuple(case["expected"])


@table(ATTACH["detached"])
def test_a_policy_is_detached_as_the_case_says(case) -> None:
    with told(case):
        kind = policy_types.POLICY_TYPES[case["type"]]
        found = policy_rules.detach_policy(
            tuple(case["node"]), case["policy"], case["of_type"], kind
        )

        assert found == tuple(case["expected"])


CONTENT = load("policy_content")
KINDS = load("policy_types")


@table(CONTENT)
def test_a_policy_says_what_its_type_may_say(case) -> None:
    if not case.get("malformed"):
        policy_rules.check_policy_content(case["type"], case["text"])
        return
    with pytest.raises(Malformed) as caught:
        policy_rules.check_policy_content(case["type"], case["text"])

    if "path" in case:
        assert caught.value.path == case["path"]
        assert f"`{case['path']}`" in caught.value.message


@pytest.mark.parametrize("case", KINDS, ids=[case["type"] for case in KINDS])
def test_a_type_of_policy_has_the_bounds_of_its_case(case) -> None:
    kind = policy_types.POLICY_TYPES[case["type"]]

    assert kind.name == case["type"]
    assert (kind.attached_max, kind.attached_min) == (case["per_node"], case["at_least"])
    assert (kind.length_max, kind.number_max) == (case["size"], case["number"])
    assert kind.service == case["needs"]
    assert (kind.name in policy_types.FULL_ACCESS) is case["decides"]


def test_there_are_no_other_types_of_policy() -> None:
    assert set(policy_types.POLICY_TYPES) == {case["type"] for case in KINDS}


@pytest.mark.parametrize("case", KINDS, ids=[case["type"] for case in KINDS])
def test_a_policy_has_as_many_characters_as_its_type_allows(case) -> None:
    good = next(
        (
            each["text"]
            for each in CONTENT
            if each["type"] == case["type"] and not each.get("malformed")
        ),
        "{}",
    )
    policy_rules.check_policy_content(case["type"], good.ljust(case["size"]))

    with told({"says": "ConstraintViolationException", "reason": "POLICY_CONTENT_LIMIT_EXCEEDED"}):
        policy_rules.check_policy_content(case["type"], good.ljust(case["size"] + 1))


PUBLISHED = [
    ("p-FullAWSAccess", "service_control_policy", "FullAWSAccess", {}),
    ("p-RCPFullAWSAccess", "resource_control_policy", "RCPFullAWSAccess", {"Principal": "*"}),
]


@pytest.mark.parametrize(
    ("identifier", "kind", "name", "more"), PUBLISHED, ids=[each[2] for each in PUBLISHED]
)
def test_awss_own_policy_allows_everything(identifier, kind, name, more) -> None:
    found = policy_types.AWS_OWNED_POLICIES[identifier]

    assert (found.id, found.type.lower(), found.name) == (identifier, kind, name)
    assert policy_types.FULL_ACCESS[found.type] == identifier
    assert found.arn == f"arn:aws:organizations::aws:policy/{kind}/{identifier}"
    assert found.description == "Allows access to every operation"
    assert json.loads(found.content) == document(allow(**more))


TREE = load("tree")


@table(TREE["places"])
def test_a_place_in_the_tree_is_where_its_case_says(case) -> None:
    parents = TREE["parents"]
    found = tree.path_from_root(case["node"], parents.get)

    assert found == tuple(case["line"])
    assert tree.organization_path("o-1", found) == case["path"]
    assert tree.unit_depth(found) == case["depth"]
    if "takes_a_unit" in case:
        assert tree.can_contain_unit(found) is case["takes_a_unit"]
    below = list(
        tree.subtree(case["node"], lambda node: (each for each in parents if parents[each] == node))
    )
    assert sorted(below) == case["below"]
    assert all(
        each == case["node"] or below.index(parents[each]) < below.index(each) for each in below
    )


ENTROPY = [
    bytes(24),
    b"\xff" * 24,
    bytes(range(24)),
    bytes(range(200, 224)),
    bytes(range(35, 11, -1)),
]


@table(load("ids"))
def test_an_id_has_the_form_of_its_case(case) -> None:
    before = [case["root"]] if "root" in case else []
    made = [getattr(ids, case["of"])(*before, entropy) for entropy in ENTROPY]

    assert [each for each in made if not re.fullmatch(case["pattern"], each)] == []
    assert len(set(made)) == len(made)
    assert made == [getattr(ids, case["of"])(*before, entropy) for entropy in ENTROPY]


def test_every_letter_and_digit_may_stand_in_an_id() -> None:
    made = "".join(ids.policy(bytes([byte]) * ids.ENTROPY_BYTES)[2:] for byte in range(256))

    assert set(made) == set("abcdefghijklmnopqrstuvwxyz0123456789")


def test_an_accounts_number_is_any_of_twelve_digits() -> None:
    number = lambda value: ids.account(value.to_bytes(8, "big") + b"\xff" * 16)

    assert number(0) == "100000000000"
    assert number(899_999_999_999) == "999999999999"
    assert number(900_000_000_000) == "100000000000"


RESOURCE_POLICIES = load("resource_policies")
SHARED = json.loads(
    (
        Path(__file__).parents[2]
        / "services"
        / "organizations"
        / "cases"
        / "resource_policies.json"
    ).read_text()
)


def delegating(**more):
    """A resource policy of one statement."""
    return policy({**trust(MEMBER, "organizations:ListRoots"), "Resource": "*", **more})


def check_resource_policy(text, reason):
    is_member = lambda account: account == MEMBER
    with told({"says": "InvalidInputException", "reason": reason} if reason else {}):
        found = resource_policies.parse_resource_policy(
            text, is_member=is_member, organization=ORGANIZATION
        )

        assert found.statements


@table(SHARED)
def test_a_resource_policy_is_kept_or_refused_as_by_the_service(case) -> None:
    text = case.get("text") or json.dumps(case["document"])
    for name, value in {
        "MEMBER": MEMBER,
        "MANAGEMENT": MANAGEMENT,
        "ORGANIZATION": ORGANIZATION,
    }.items():
        text = text.replace(name, value)

    check_resource_policy(text, case["reason"])


@table(RESOURCE_POLICIES)
def test_a_resource_policy_is_kept_or_refused_as_the_case_says(case) -> None:
    check_resource_policy(delegating(**case["allow"]), case["reason"])


def test_every_statement_of_a_resource_policy_is_looked_at() -> None:
    statements = [
        json.loads(delegating(Action=f"organizations:{name}"))["Statement"][0]
        for name in ("ListRoots", "MoveAccount")
    ]

    check_resource_policy(policy(*statements), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY")


DELEGABLE = load("delegable")


@pytest.mark.parametrize("operation", DELEGABLE["delegable"])
def test_an_operation_may_be_delegated(operation) -> None:
    check_resource_policy(delegating(Action=f"organizations:{operation}"), "")


@pytest.mark.parametrize(
    "case", DELEGABLE["never"], ids=[case["operation"] for case in DELEGABLE["never"]]
)
def test_an_operation_is_never_delegated_by_its_name_or_by_a_pattern(case) -> None:
    for action in (case["operation"], case["pattern"]):
        check_resource_policy(
            delegating(Action=f"organizations:{action}"), "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"
        )


REFUSALS = load("refusals")


def test_awss_texts_are_said_where_they_are_known() -> None:
    assert {name: getattr(refusals, name) for name in REFUSALS["texts"]} == REFUSALS["texts"]


def test_errors_without_a_reason_have_awss_names() -> None:
    assert sorted(each.value for each in refusals.ErrorCode) == sorted(REFUSALS["plain"])
    for each in refusals.ErrorCode:
        found = refusals.organizations_fault(each, "No.", operator="why")
        assert (found.code, found.message, found.operator) == (each.value, "No.", "why")
        assert not found.details
        assert refusals.organizations_fault(each, "No.").operator == ""


@pytest.mark.parametrize(
    "case", REFUSALS["reasoned"], ids=[case["of"] for case in REFUSALS["reasoned"]]
)
def test_an_error_with_a_reason_names_it(case) -> None:
    found = refusals.organizations_fault(
        getattr(refusals, case["of"])(case["reason"]), "No.", operator="why"
    )

    assert (found.code, found.message, found.operator) == (case["says"], "No.", "why")
    assert found.details == {"Reason": case["reason"]}
    assert (
        refusals.organizations_fault(getattr(refusals, case["of"])(case["reason"]), "No.").operator
        == ""
    )


@table(load("founding"))
def test_an_organization_begins_as_its_case_says(case) -> None:
    founder = Account(
        account=MANAGEMENT, name="n", created=1, canonical_user="c", email=case["email"]
    )
    made, account, records = founding.new_organization(
        founder,
        features=case["features"],
        region="eu-west-1",
        now=7,
        entropy=lambda count: bytes(range(count)),
    )
    found = {each.kind: each for each in records}

    assert sorted(each.kind for each in records) == sorted(case["kinds"])
    assert found["organization"] == made
    assert found["account"] == account
    assert re.fullmatch("o-[a-z0-9]{10,32}", made.id)
    assert re.fullmatch("r-[0-9a-z]{4,32}", made.root_id)
    assert (made.management, made.created, made.features) == (MANAGEMENT, 7, case["features"])
    assert list(made.policy_types) == case["policy_types"]
    assert list(made.attached) == list(found["member"].attached) == case["attached"]
    member = found["member"]
    assert (member.account, member.id, member.parent) == (made.id, MANAGEMENT, made.root_id)
    # The founder is the first thing made in it, and the count of things made begins there.
    assert (member.serial, made.made, member.joined, member.method) == (1, 1, 7, "INVITED")
    assert (account.account, account.organization) == (MANAGEMENT, made.id)
    assert account.email == case.get("made_up", case["email"])
    if "root_email" in found:
        address = found["root_email"]
        assert (address.account, address.address, address.owner) == (
            GLOBAL,
            case["made_up"],
            MANAGEMENT,
        )
    roles = [each for each in records if each.kind == "role"]
    if roles:
        makers = (membership_roles.service_role, reserved_roles.service_role)
        assert roles == [
            make(MANAGEMENT, unique_id=each.unique_id, now=7)
            for make, each in zip(makers, roles, strict=True)
        ]
        assert all(re.fullmatch("AROA[A-Z2-7]{17}", each.unique_id) for each in roles)
    if "instance" not in found:
        assert made.instance == ""
        return
    instance, store = found["instance"], found["identity-store"]
    assert (instance.id, instance.organization) == (made.instance, made.id)
    assert (instance.owner, instance.region, instance.created) == (MANAGEMENT, "eu-west-1", 7)
    assert instance.has_permission_sets
    assert (instance.store, store.owner, store.instance) == (store.id, MANAGEMENT, instance.id)
    assert re.fullmatch("ssoins-[0-9a-f]{16}", instance.id)
    assert re.fullmatch("d-[0-9a-f]{10}", store.id)


def test_a_new_account_has_a_role_that_its_management_account_may_assume() -> None:
    found = membership_roles.access_role(
        MEMBER, membership_roles.ACCESS_ROLE, management=MANAGEMENT, unique_id="AROAX", now=7
    )

    assert found.arn == f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"
    assert (found.unique_id, found.created, found.session_seconds_max) == ("AROAX", 7, 3600)
    assert json.loads(found.trust) == document(trust(f"arn:aws:iam::{MANAGEMENT}:root"))
    assert [each.name for each in found.inline] == ["AdministratorAccess"]
    assert json.loads(found.inline[0].document) == document(allow())
    assert found.attached == ()
    assert not found.is_protected


def test_organizations_has_a_role_of_its_own() -> None:
    found = membership_roles.service_role(MEMBER, unique_id="AROAX", now=7)

    assert (
        found.arn
        == f"arn:aws:iam::{MEMBER}:role/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations"
    )
    assert (found.unique_id, found.created) == ("AROAX", 7)
    assert json.loads(found.trust) == document(trust({"Service": "organizations.amazonaws.com"}))
    assert found.attached == (
        "arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy",
    )
    assert found.inline == ()
    assert found.description.startswith("Service-linked role used by AWS Organizations")
    assert found.is_protected
    assert not names.is_allowed_role_name(found.name)


def test_an_operator_who_sets_nothing_has_awss_default_and_no_wait() -> None:
    found = settings.OrganizationSettings()

    assert (found.accounts_max, found.removal_wait_seconds) == (10, 0)
    assert found.accounts_max == quotas.ORGANIZATION_ACCOUNTS_MAX
