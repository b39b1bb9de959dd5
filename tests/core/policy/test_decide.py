"""The engine against the rules that it implements, and the traps that other engines fall into."""

import json

import pytest
from tests.core.policy.sample_requests import (
    ANONYMOUS,
    BUCKET,
    EVERYONE,
    FEDERATED,
    ROOT,
    SESSION,
    USER,
    A,
    B,
    compiled_document,
    effective_policies,
    granting,
    outcome,
)
from tests.documents import allow, deny

from daypass.core.policy.decision import policy_sets
from daypass.core.policy.decision.compile import (
    UNREADABLE_DOCUMENT,
    PolicyGrammar,
    compile_stored_text,
)
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.model import (
    AuthorizationRequest,
    DecisionOutcome,
    Layer,
)
from daypass.core.policy.decision.refusal_message import refusal_message
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.explanation.trace import because
from daypass.core.policy.language.conditions import compile_condition
from daypass.core.policy.language.model import PolicyCondition


def test_trap_1_a_failed_condition_is_no_denial() -> None:
    picky = compiled_document(allow(Condition={"Bool": {"a": "true"}}), allow("s3:GetObject"))

    assert outcome(identity=(picky,)) == "Allowed"


TABLE = [
    # the caller, whom the resource's policy names, and the answer if identity, boundary and
    # session policies all lack the action
    ("user", {"AWS": USER.arn}, True),
    ("user", {"AWS": USER.unique_id}, True),
    ("user", {"AWS": A}, False),
    ("user", {"AWS": ROOT.arn}, False),
    ("user", "*", True),
    ("session", {"AWS": SESSION.arn}, True),
    ("session", {"AWS": SESSION.role_arn}, False),
    ("session", {"AWS": SESSION.unique_id}, False),
    ("session", "*", True),
    ("federated", {"AWS": FEDERATED.arn}, True),
    ("federated", {"AWS": USER.arn}, False),
]


@pytest.mark.parametrize(("who", "named", "allowed"), TABLE)
def test_the_interplay_table_within_one_account(who, named, allowed) -> None:
    """Trap 2 and 3: who is named decides whether the caller's own ceilings count."""
    nothing = compiled_document(allow("x:Y"))
    found = outcome(
        EVERYONE[who],
        identity=(nothing,),
        boundary=nothing,
        session=(nothing,),
        resource=compiled_document(granting(named)),
    )

    assert (found == "Allowed") is allowed


def test_a_role_that_is_named_needs_no_identity_policy_where_nothing_caps_it() -> None:
    assert (
        outcome(SESSION, resource=compiled_document(granting({"AWS": SESSION.role_arn})))
        == "Allowed"
    )


@pytest.mark.parametrize("named", [{"AWS": A}, "*", None])
def test_trap_19_root_is_allowed_with_no_policy_at_all(named) -> None:
    resource = compiled_document(granting(named)) if named else None

    assert outcome(ROOT, resource=resource) == "Allowed"


@pytest.mark.parametrize(
    ("identity", "boundary", "session", "resource", "allowed"),
    [
        (True, None, None, {"AWS": A}, True),
        (False, None, None, {"AWS": A}, False),
        (False, None, None, {"AWS": USER.arn}, False),
        (True, None, None, {"AWS": USER.arn}, True),
        (True, None, None, None, False),
        (True, False, None, {"AWS": USER.arn}, False),
        (True, None, False, {"AWS": USER.arn}, False),
        (True, True, True, "*", True),
        (True, None, None, {"AWS": B}, False),
    ],
)
def test_trap_5_across_accounts_both_sides_must_allow(
    identity, boundary, session, resource, allowed
) -> None:
    yes, no = compiled_document(allow()), compiled_document(allow("x:Y"))
    pick = {True: yes, False: no, None: None}

    found = outcome(
        account=B,
        identity=(pick[identity],),
        boundary=pick[boundary],
        session=None if session is None else (pick[session],),
        resource=compiled_document(granting(resource)) if resource else None,
    )

    assert (found == "Allowed") is allowed


@pytest.mark.parametrize("where", ["identity", "boundary", "session", "resource"])
def test_an_explicit_deny_anywhere_wins(where) -> None:
    everything = {
        "identity": (compiled_document(allow()),),
        "boundary": compiled_document(allow()),
        "session": (compiled_document(allow()),),
        "resource": compiled_document(granting("*")),
    }
    denying = compiled_document(granting("*", "Deny") if where == "resource" else deny("s3:*"))
    everything[where] = (
        denying if where in {"boundary", "resource"} else (denying, compiled_document(allow()))
    )

    assert outcome(**everything) == "ExplicitlyDenied"


@pytest.mark.parametrize(
    ("named", "identity_allows", "allowed"),
    [
        ({"AWS": USER.arn}, False, True),
        ({"AWS": A}, True, True),
        ({"AWS": A}, False, False),
        ({"Service": "ec2.amazonaws.com"}, True, False),
        ({"AWS": f"arn:aws:iam::{A}:user/x/bob"}, True, False),
        ({"AWS": f"arn:aws:iam::{B}:user/x/alice"}, True, False),
    ],
    ids=[
        "named",
        "account and identity",
        "T078-TRUST account alone",
        "trap 4",
        "somebody else",
        "T079-TRUST another account",
    ],
)
def test_a_role_is_assumed_by_whom_its_trust_policy_names(named, identity_allows, allowed) -> None:
    found = decide(
        AuthorizationRequest(USER, "sts:AssumeRole", f"arn:aws:iam::{A}:role/r", A, {}),
        effective_policies(
            identity=(compiled_document(allow()),) if identity_allows else (),
            resource=compiled_document(granting(named)),
            requires_grant=True,
        ),
    ).outcome.value

    assert (found == "Allowed") is allowed


@pytest.mark.parametrize(
    ("action", "matches"),
    [
        ("s3:GetObject", True),
        ("S3:getobject", True),
        ("s3:Get*", True),
        ("s3:*Obj*", True),
        ("*", True),
        ("s3:?etObject", True),
        ("s3:", False),
        ("s*:GetObject", False),
        ("s3:Get Object", False),
        ("\u017f3:GetObject", False),
        ("s3:GetObjectX", False),
        ("s3", False),
        ("s3:get*version", False),
    ],
)
def test_t213_t214_pol_an_action_ignores_case_and_nothing_else(action, matches) -> None:
    assert (outcome(identity=(compiled_document(allow(action)),)) == "Allowed") is matches


@pytest.mark.parametrize("entries", [["s3:Put*", "s3:Get*"], ["s3:GetObject"], ["*"]])
def test_trap_20_not_action_is_the_complement_of_the_whole_list(entries) -> None:
    statement = {"Effect": "Allow", "NotAction": entries, "Resource": "*"}

    assert outcome(identity=(compiled_document(statement),)) == "ImplicitlyDenied"
    assert (
        outcome(
            action="ec2:Run", identity=(compiled_document({**statement, "NotAction": ["s3:*"]}),)
        )
        == "Allowed"
    )


def test_trap_20_not_resource_is_the_complement_of_the_whole_list() -> None:
    statement = {"Effect": "Allow", "Action": "*", "NotResource": [BUCKET, "arn:aws:s3:::c"]}

    assert outcome(identity=(compiled_document(statement),)) == "ImplicitlyDenied"
    assert outcome(on="arn:aws:s3:::d", identity=(compiled_document(statement),)) == "Allowed"


KEYS = {
    "aws:username": "alice",
    "aws:principaltag/team": "*",
    "aws:tagkeys": ("a", "b"),
    "empty": "",
}


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        ("${aws:username}", "alice", True),
        ("${AWS:UserName}/*", "alice/x", True),
        ("${aws:PrincipalTag/team}", "anything", False),
        ("${aws:PrincipalTag/team}", "*", True),
        ("${missing}", "", False),
        ("${missing, 'none'}", "none", True),
        ("${aws:TagKeys}", "a", False),
        ("${aws:TagKeys, 'a'}", "a", True),
        ("${empty}x", "x", True),
        ("${*}${?}${$}", "*?$", True),
        ("${*}", "x", False),
        ("${unclosed", "${unclosed", True),
        ("${aws:username", "alice", False),
    ],
)
def test_t217_pol_the_value_of_a_variable_is_literal(pattern, resource, matches) -> None:
    """Traps 10 and 12."""
    statement = allow(resource=f"arn:aws:s3:::{pattern}")
    found = outcome(
        on=f"arn:aws:s3:::{resource}", context=KEYS, identity=(compiled_document(statement),)
    )

    assert (found == "Allowed") is matches


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_trap_11_an_old_document_has_no_variables(version) -> None:
    body = {"Statement": [allow(resource="arn:aws:s3:::${aws:username}")]}
    text = json.dumps(body | ({"Version": version} if version else {}))

    assert (
        outcome(on="arn:aws:s3:::alice", context=KEYS, identity=(compile_stored_text(text),))
        == "ImplicitlyDenied"
    )
    assert (
        outcome(
            on="arn:aws:s3:::${aws:username}", context=KEYS, identity=(compile_stored_text(text),)
        )
        == "Allowed"
    )


@pytest.mark.parametrize(
    ("operator", "value", "found", "holds"),
    [
        ("StringEquals", "${aws:username}", "alice", True),
        ("StringLike", "${aws:principaltag/team}", "x", False),
        ("StringEquals", "${missing}", "", False),
        ("StringNotEquals", "${missing}", "x", True),
        ("StringEqualsIgnoreCase", "${aws:username}", "ALICE", True),
        ("ArnLike", "arn:aws:iam::${aws:username}:role/*", "arn:aws:iam::alice:role/x", True),
        ("ArnLike", "arn:aws:iam::${missing, 'a:b'}:role/*", "arn:aws:iam::1:role/x", False),
        ("NumericEquals", "${n}", "1", False),
    ],
)
def test_trap_17_variables_in_conditions(operator, value, found, holds) -> None:
    test = compile_condition(
        PolicyCondition(operator, "k", (value,)), variables=True, is_allow=True
    )

    assert test({**KEYS, "k": found, "n": "1"}) is holds


def test_trap_7_a_long_term_key_has_no_mfa_key_at_all() -> None:
    without_mfa = compiled_document(
        allow(), deny(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})
    )
    strict = compiled_document(
        allow(), deny(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
    )

    assert outcome(identity=(without_mfa,)) == "Allowed"
    assert outcome(identity=(strict,)) == "ExplicitlyDenied"


def test_trap_24_a_federated_user_without_session_policy_is_allowed_nothing() -> None:
    assert outcome(FEDERATED, identity=(compiled_document(allow()),)) == "ImplicitlyDenied"
    assert (
        outcome(
            FEDERATED, identity=(compiled_document(allow()),), session=(compiled_document(allow()),)
        )
        == "Allowed"
    )


def test_a_statement_without_a_resource_never_applies_outside_a_resources_policy() -> None:
    assert (
        outcome(identity=(compiled_document({"Effect": "Allow", "Action": "*"}),))
        == "ImplicitlyDenied"
    )


def test_a_statement_without_a_principal_never_applies_in_a_resources_policy() -> None:
    assert outcome(resource=compiled_document(allow())) == "ImplicitlyDenied"


@pytest.mark.parametrize("where", ["identity", "boundary", "session", "resource"])
def test_a_document_that_cannot_be_read_denies(where) -> None:
    value = UNREADABLE_DOCUMENT if where in {"boundary", "resource"} else (UNREADABLE_DOCUMENT,)
    policies = {"identity": (compiled_document(allow()),), where: value}

    assert compile_stored_text("not a policy").is_unreadable
    assert outcome(**policies) == "ExplicitlyDenied"


@pytest.mark.parametrize("action", ["sts:GetCallerIdentity", "sts:GetSessionToken"])
def test_two_actions_are_allowed_to_every_authenticated_caller(action) -> None:
    assert outcome(action=action, identity=(compiled_document(deny()),)) == "Allowed"
    assert outcome(ANONYMOUS, action=action) == "ImplicitlyDenied"


@pytest.mark.parametrize(
    ("policies", "reason"),
    [
        ({}, "because no identity-based policy allows the s3:GetObject action"),
        (
            {"identity": (compiled_document(deny()),)},
            "with an explicit deny in an identity-based policy",
        ),
        (
            {
                "identity": (compiled_document(allow()),),
                "boundary": compiled_document(allow("x:Y")),
            },
            "because no permissions boundary allows the s3:GetObject action",
        ),
        (
            {"identity": (compiled_document(allow()),), "session": ()},
            "because no session policy allows the s3:GetObject action",
        ),
        (
            {"resource": compiled_document(granting("*", "Deny"))},
            "with an explicit deny in a resource-based policy",
        ),
    ],
)
def test_a_refusal_is_awss_one_line(policies, reason) -> None:
    request = AuthorizationRequest(USER, "s3:GetObject", BUCKET, A, {})
    decision = decide(request, effective_policies(**policies))
    head = f"User: {USER.arn} is not authorized to perform: s3:GetObject on resource: {BUCKET}"

    assert not decision.allowed
    assert refusal_message(request, decision) == f"{head} {reason}"
    foreign = AuthorizationRequest(USER, "s3:GetObject", BUCKET, B, {})
    assert refusal_message(foreign, decision) == head
    assert decision.outcome in {
        DecisionOutcome.IMPLICITLY_DENIED,
        DecisionOutcome.EXPLICITLY_DENIED,
    }


def test_an_explanation_with_a_document_that_cannot_be_read_denies_too() -> None:
    request = AuthorizationRequest(USER, "s3:GetObject", BUCKET, A, {})
    policies = effective_policies(
        identity=(compiled_document(allow()),), boundary=UNREADABLE_DOCUMENT
    )
    explanation = explain(request, policies)

    assert explanation.decision == decide(request, policies)
    assert explanation.refused_by == (Layer.UNREADABLE,)


def test_a_set_caches_a_bounded_number_of_actions() -> None:
    policies = policy_sets.unnamed_policy_set(compiled_document(allow("s3:Get*")))
    for number in range(policy_sets.INDEXED_ACTIONS_MAX + 10):
        _, allows = policies.rules_for(f"s3:get{number}")
        assert len(allows) == 1
        assert policies.rules_for(f"s3:put{number}") == ((), ())
    assert len(policies._rules_by_action) <= policy_sets.INDEXED_ACTIONS_MAX


def test_the_denies_of_a_set_stand_alone_and_stay_unreadable() -> None:
    policies = policy_sets.unnamed_policy_set(
        compiled_document(allow()), compiled_document(deny("s3:Put*"))
    )
    denials = policies.denies_only()

    assert [rule.statement.is_allow for rule in denials.rules] == [False]
    assert not denials.is_unreadable
    assert (
        policy_sets.unnamed_policy_set(compiled_document(allow()), UNREADABLE_DOCUMENT)
        .denies_only()
        .is_unreadable
    )


def test_a_deny_lists_its_unreadable_values() -> None:
    unread = deny(Condition={"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/33", "10.0.0.0/8"]}})
    request = AuthorizationRequest(USER, "s3:GetObject", BUCKET, A, {"aws:sourceip": "10.0.0.1"})
    (applied,) = because(
        explain(request, effective_policies(identity=(compiled_document(unread),)))
    )["statements"]

    assert applied["applies"]
    assert applied["conditions"] == [
        {
            "operator": "NotIpAddress",
            "key": "aws:SourceIp",
            "wanted": ["10.0.0.0/33", "10.0.0.0/8"],
            "found": "10.0.0.1",
            "unreadable": ["10.0.0.0/33"],
            "holds": True,
        }
    ]


def test_an_explanation_says_why_no_rcp_applied() -> None:
    rcps = OrganizationLevels(
        [
            policy_sets.unnamed_policy_set(
                compile_stored_text(
                    compiled_document(granting("*", "Deny")).text, PolicyGrammar.RCP
                )
            )
        ]
    )
    request = AuthorizationRequest(USER, "iam:GetUser", USER.arn, A, {})
    explanation = explain(
        request, effective_policies(identity=(compiled_document(allow()),))._replace(rcps=rcps)
    )

    assert explanation.decision.allowed
    assert explanation.skipped == ((Layer.RCP, "none reaches iam:GetUser"),)
