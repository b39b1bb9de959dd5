"""The engine against the rules that it implements, and the traps that other engines fall into."""

import json
from dataclasses import replace

import pytest

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
    EffectivePolicies,
    Layer,
)
from daypass.core.policy.decision.refusal_message import refusal_message
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.explanation.trace import because
from daypass.core.policy.language.conditions import compile_condition
from daypass.core.policy.language.model import PolicyCondition
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.core.policy.language.resources import compile_resource

A, B = "111122223333", "444455556666"
USER = Principal(PrincipalKind.USER, f"arn:aws:iam::{A}:user/x/alice", A, unique_id="AIDAALICE")
SESSION = Principal(
    PrincipalKind.ROLE_SESSION,
    f"arn:aws:sts::{A}:assumed-role/app/s",
    A,
    unique_id="AROAAPP",
    role_arn=f"arn:aws:iam::{A}:role/svc/app",
)
FEDERATED = Principal(
    PrincipalKind.FEDERATED_USER, f"arn:aws:sts::{A}:federated-user/bob", A, user_arn=USER.arn
)
ROOT = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{A}:root", A)
SERVICE = Principal(PrincipalKind.SERVICE, "ec2.amazonaws.com", "")
ANONYMOUS = Principal(PrincipalKind.ANONYMOUS, "", "")
WEB = Principal(PrincipalKind.WEB_IDENTITY, f"arn:aws:iam::{A}:oidc-provider/idp", "")
EVERYONE = {"user": USER, "session": SESSION, "federated": FEDERATED, "root": ROOT}
BUCKET = "arn:aws:s3:::b"


def document(*statements, version="2012-10-17"):
    return compile_stored_text(json.dumps({"Version": version, "Statement": list(statements)}))


def allow(action="*", resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action="*", resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def trusting(principal, effect="Allow", **more):
    return {"Effect": effect, "Principal": principal, "Action": "*", "Resource": "*", **more}


def in_force(**given):
    """Documents by kind, as the engine takes them."""
    found = {}
    for kind, value in given.items():
        if value is None or isinstance(value, bool):
            found[kind] = value
            continue
        documents = value if isinstance(value, tuple) else (value,)
        form = PolicyGrammar.RESOURCE if kind == "resource" else PolicyGrammar.IDENTITY
        found[kind] = policy_sets.unnamed_policy_set(
            *(
                each if each.is_unreadable else compile_stored_text(each.text, form)
                for each in documents
            )
        )
    return EffectivePolicies(**found)


def outcome(principal=USER, action="s3:GetObject", on=BUCKET, account=A, context=None, **policies):
    request = AuthorizationRequest(principal, action, on, account, context or {})
    return decide(request, in_force(**policies)).outcome.value


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        ("*", "*", True),
        ("**", "*", True),
        ("*", BUCKET, True),
        (BUCKET, "*", False),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z", True),
        ("arn:aws:s3:::b?", "arn:aws:s3:::bc", True),
        ("arn:aws:s3:::b/A", "arn:aws:s3:::b/a", False),
        ("arn:aws:s3", BUCKET, True),
        ("arn:*", BUCKET, True),
        ("arn:aws:s*:::b", BUCKET, True),
        ("arn:aws:s*3:::b", "arn:aws:s:3:::b", False),
        ("arn:aws:logs:eu:1:log-group:*", "arn:aws:logs:eu:1:log-group:g:log-stream:s", True),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", True),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:2:role/x", True),
        ("arn:aws:iam::1*2:role/x", "arn:aws:iam::1:2:role/x", False),
        ("arn:aws:iam:*:x", "arn:aws:iam::1:x", False),
        ("arn:aws:s3:::a.c", "arn:aws:s3:::abc", False),
        ("arn:aws:s3:::b", "arn:aws:s3::", False),
        ("b", BUCKET, False),
        ("arn:aws:s3:::a*c", "arn:aws:s3:::abcc", True),
        ("arn:aws:s?:::b", BUCKET, True),
        ("arn:aws:s*:x", "arn:aws:s3:1:2:x", False),
    ],
)
def test_a_resource_pattern_matches_as_specified(pattern, resource, matches) -> None:
    assert compile_resource(pattern, variables=True)(resource, {}) is matches


def test_trap_1_a_failed_condition_is_no_denial() -> None:
    picky = document(allow(Condition={"Bool": {"a": "true"}}), allow("s3:GetObject"))

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
    nothing = document(allow("x:Y"))
    found = outcome(
        EVERYONE[who],
        identity=(nothing,),
        boundary=nothing,
        session=(nothing,),
        resource=document(trusting(named)),
    )

    assert (found == "Allowed") is allowed


def test_a_role_that_is_named_needs_no_identity_policy_where_nothing_caps_it() -> None:
    assert outcome(SESSION, resource=document(trusting({"AWS": SESSION.role_arn}))) == "Allowed"


@pytest.mark.parametrize("named", [{"AWS": A}, "*", None])
def test_trap_19_root_is_allowed_with_no_policy_at_all(named) -> None:
    resource = document(trusting(named)) if named else None

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
    yes, no = document(allow()), document(allow("x:Y"))
    pick = {True: yes, False: no, None: None}

    found = outcome(
        account=B,
        identity=(pick[identity],),
        boundary=pick[boundary],
        session=None if session is None else (pick[session],),
        resource=document(trusting(resource)) if resource else None,
    )

    assert (found == "Allowed") is allowed


@pytest.mark.parametrize("where", ["identity", "boundary", "session", "resource"])
def test_an_explicit_deny_anywhere_wins(where) -> None:
    everything = {
        "identity": (document(allow()),),
        "boundary": document(allow()),
        "session": (document(allow()),),
        "resource": document(trusting("*")),
    }
    denying = document(trusting("*", "Deny") if where == "resource" else deny("s3:*"))
    everything[where] = (
        denying if where in {"boundary", "resource"} else (denying, document(allow()))
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
        in_force(
            identity=(document(allow()),) if identity_allows else (),
            resource=document(trusting(named)),
            requires_grant=True,
        ),
    ).outcome.value

    assert (found == "Allowed") is allowed


def test_t080_trust_a_session_is_compared_by_its_roles_arn_with_the_path() -> None:
    """Trap 6."""
    for value in (f"arn:aws:iam::{A}:role/app", f"arn:aws:iam::{A}:role/svc/App"):
        assert outcome(SESSION, resource=document(trusting({"AWS": value}))) == "ImplicitlyDenied"


@pytest.mark.parametrize(
    "value", [f"arn:aws:iam::{A}:user/*", f"arn:aws:iam::{A}:user/x/alic?", "AIDA*", "11112222333"]
)
def test_trap_23_a_principal_is_no_pattern(value) -> None:
    assert outcome(resource=document(trusting({"AWS": value}))) == "ImplicitlyDenied"


@pytest.mark.parametrize(
    ("caller", "named", "allowed"),
    [
        (SERVICE, {"Service": "ec2.amazonaws.com"}, True),
        (SERVICE, {"Service": "s3.amazonaws.com"}, False),
        (WEB, {"Federated": WEB.arn}, True),
        (WEB, "*", False),
        (WEB, {"AWS": "*"}, False),
        (ANONYMOUS, "*", True),
        (ANONYMOUS, {"AWS": A}, False),
        (USER, {"Federated": "x"}, False),
        (USER, {"CanonicalUser": "c" * 64}, False),
        (
            Principal(PrincipalKind.USER, USER.arn, A, canonical_user="c"),
            {"CanonicalUser": "c"},
            False,
        ),
    ],
)
def test_callers_without_an_account_need_a_direct_grant(caller, named, allowed) -> None:
    found = outcome(caller, resource=document(trusting(named)))

    assert (found == "Allowed") is allowed


def test_a_canonical_user_lets_the_account_decide() -> None:
    caller = Principal(PrincipalKind.USER, USER.arn, A, canonical_user="c")
    named = document(trusting({"CanonicalUser": "c"}))

    assert outcome(caller, account=B, identity=(document(allow()),), resource=named) == "Allowed"


@pytest.mark.parametrize(
    ("caller", "listed", "denied"),
    [
        (USER, [USER.arn], True),
        (USER, [USER.arn, A], False),
        (USER, [A], True),
        (USER, ["*"], False),
        (USER, [USER.arn, B], True),
        (SESSION, [SESSION.role_arn, A], True),
        (SESSION, [SESSION.arn, SESSION.role_arn, A], False),
        (FEDERATED, [FEDERATED.arn, A], True),
        (FEDERATED, [FEDERATED.arn, USER.arn, A], False),
        (ROOT, [A], False),
        (ROOT, [B], True),
        (ANONYMOUS, [A], True),
    ],
)
def test_t212_pol_not_principal_with_deny_exempts_only_callers_listed_by_every_identity(
    caller, listed, denied
) -> None:
    statement = {"Effect": "Deny", "NotPrincipal": {"AWS": listed}, "Action": "*", "Resource": "*"}
    found = outcome(
        caller, identity=(document(allow()),), resource=document(statement, trusting("*"))
    )

    assert (found == "ExplicitlyDenied") is denied


def test_with_a_boundary_nobody_escapes_not_principal() -> None:
    statement = {
        "Effect": "Deny",
        "NotPrincipal": {"AWS": [USER.arn, A]},
        "Action": "*",
        "Resource": "*",
    }

    found = outcome(boundary=document(allow()), resource=document(statement, trusting("*")))

    assert found == "ExplicitlyDenied"


def test_not_principal_with_allow_is_for_everybody_else() -> None:
    statement = {
        "Effect": "Allow",
        "NotPrincipal": {"AWS": USER.arn},
        "Action": "*",
        "Resource": "*",
    }

    assert outcome(SESSION, resource=document(statement)) == "Allowed"
    assert outcome(USER, resource=document(statement)) == "ImplicitlyDenied"


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
    assert (outcome(identity=(document(allow(action)),)) == "Allowed") is matches


@pytest.mark.parametrize("entries", [["s3:Put*", "s3:Get*"], ["s3:GetObject"], ["*"]])
def test_trap_20_not_action_is_the_complement_of_the_whole_list(entries) -> None:
    statement = {"Effect": "Allow", "NotAction": entries, "Resource": "*"}

    assert outcome(identity=(document(statement),)) == "ImplicitlyDenied"
    assert (
        outcome(action="ec2:Run", identity=(document({**statement, "NotAction": ["s3:*"]}),))
        == "Allowed"
    )


def test_trap_20_not_resource_is_the_complement_of_the_whole_list() -> None:
    statement = {"Effect": "Allow", "Action": "*", "NotResource": [BUCKET, "arn:aws:s3:::c"]}

    assert outcome(identity=(document(statement),)) == "ImplicitlyDenied"
    assert outcome(on="arn:aws:s3:::d", identity=(document(statement),)) == "Allowed"


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
    found = outcome(on=f"arn:aws:s3:::{resource}", context=KEYS, identity=(document(statement),))

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
    without_mfa = document(
        allow(), deny(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})
    )
    strict = document(
        allow(), deny(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
    )

    assert outcome(identity=(without_mfa,)) == "Allowed"
    assert outcome(identity=(strict,)) == "ExplicitlyDenied"


def test_trap_24_a_federated_user_without_session_policy_is_allowed_nothing() -> None:
    assert outcome(FEDERATED, identity=(document(allow()),)) == "ImplicitlyDenied"
    assert (
        outcome(FEDERATED, identity=(document(allow()),), session=(document(allow()),)) == "Allowed"
    )


def test_a_statement_without_a_resource_never_applies_outside_a_resources_policy() -> None:
    assert outcome(identity=(document({"Effect": "Allow", "Action": "*"}),)) == "ImplicitlyDenied"


def test_a_statement_without_a_principal_never_applies_in_a_resources_policy() -> None:
    assert outcome(resource=document(allow())) == "ImplicitlyDenied"


@pytest.mark.parametrize("where", ["identity", "boundary", "session", "resource"])
def test_a_document_that_cannot_be_read_denies(where) -> None:
    value = UNREADABLE_DOCUMENT if where in {"boundary", "resource"} else (UNREADABLE_DOCUMENT,)
    policies = {"identity": (document(allow()),), where: value}

    assert compile_stored_text("not a policy").is_unreadable
    assert outcome(**policies) == "ExplicitlyDenied"


@pytest.mark.parametrize("action", ["sts:GetCallerIdentity", "sts:GetSessionToken"])
def test_two_actions_are_allowed_to_every_authenticated_caller(action) -> None:
    assert outcome(action=action, identity=(document(deny()),)) == "Allowed"
    assert outcome(ANONYMOUS, action=action) == "ImplicitlyDenied"


@pytest.mark.parametrize(
    ("policies", "reason"),
    [
        ({}, "because no identity-based policy allows the s3:GetObject action"),
        ({"identity": (document(deny()),)}, "with an explicit deny in an identity-based policy"),
        (
            {"identity": (document(allow()),), "boundary": document(allow("x:Y"))},
            "because no permissions boundary allows the s3:GetObject action",
        ),
        (
            {"identity": (document(allow()),), "session": ()},
            "because no session policy allows the s3:GetObject action",
        ),
        (
            {"resource": document(trusting("*", "Deny"))},
            "with an explicit deny in a resource-based policy",
        ),
    ],
)
def test_a_refusal_is_awss_one_line(policies, reason) -> None:
    request = AuthorizationRequest(USER, "s3:GetObject", BUCKET, A, {})
    decision = decide(request, in_force(**policies))
    head = f"User: {USER.arn} is not authorized to perform: s3:GetObject on resource: {BUCKET}"

    assert not decision.allowed
    assert refusal_message(request, decision) == f"{head} {reason}"
    foreign = AuthorizationRequest(USER, "s3:GetObject", BUCKET, B, {})
    assert refusal_message(foreign, decision) == head
    assert decision.outcome in {
        DecisionOutcome.IMPLICITLY_DENIED,
        DecisionOutcome.EXPLICITLY_DENIED,
    }


def test_a_statement_without_a_principal_names_nobody() -> None:
    statement = document(allow()).statements[0]

    assert statement.grant_for(USER, has_boundary=False) is None


def test_an_explanation_with_a_document_that_cannot_be_read_denies_too() -> None:
    request = AuthorizationRequest(USER, "s3:GetObject", BUCKET, A, {})
    policies = in_force(identity=(document(allow()),), boundary=UNREADABLE_DOCUMENT)
    explanation = explain(request, policies)

    assert explanation.decision == decide(request, policies)
    assert explanation.refused_by == (Layer.UNREADABLE,)


def test_a_set_caches_a_bounded_number_of_actions() -> None:
    policies = policy_sets.unnamed_policy_set(document(allow("s3:Get*")))
    for number in range(policy_sets.INDEXED_ACTIONS_MAX + 10):
        _, allows = policies.rules_for(f"s3:get{number}")
        assert len(allows) == 1
        assert policies.rules_for(f"s3:put{number}") == ((), ())
    assert len(policies._rules_by_action) <= policy_sets.INDEXED_ACTIONS_MAX


def test_the_denies_of_a_set_stand_alone_and_stay_unreadable() -> None:
    policies = policy_sets.unnamed_policy_set(document(allow()), document(deny("s3:Put*")))
    denials = policies.denies_only()

    assert [rule.statement.is_allow for rule in denials.rules] == [False]
    assert not denials.is_unreadable
    assert (
        policy_sets.unnamed_policy_set(document(allow()), UNREADABLE_DOCUMENT)
        .denies_only()
        .is_unreadable
    )


def test_a_deny_lists_its_unreadable_values() -> None:
    unread = deny(Condition={"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/33", "10.0.0.0/8"]}})
    request = AuthorizationRequest(USER, "s3:GetObject", BUCKET, A, {"aws:sourceip": "10.0.0.1"})
    (applied,) = because(explain(request, in_force(identity=(document(unread),))))["statements"]

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
                compile_stored_text(document(trusting("*", "Deny")).text, PolicyGrammar.RCP)
            )
        ]
    )
    request = AuthorizationRequest(USER, "iam:GetUser", USER.arn, A, {})
    explanation = explain(request, replace(in_force(identity=(document(allow()),)), rcps=rcps))

    assert explanation.decision.allowed
    assert explanation.skipped == ((Layer.RCP, "none reaches iam:GetUser"),)
