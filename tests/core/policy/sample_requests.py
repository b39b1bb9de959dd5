"""Callers, documents and requests for tests of decisions."""

import json

from tests.documents import document

from daypass.core.policy.decision import policy_sets
from daypass.core.policy.decision.compile import (
    PolicyGrammar,
    compile_stored_text,
)
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.model import (
    AuthorizationRequest,
    EffectivePolicies,
)
from daypass.core.policy.language.principal import Principal, PrincipalKind

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


def compiled_document(*statements, **more):
    return compile_stored_text(json.dumps(document(*statements, **more)))


def granting(principal, effect="Allow", **more):
    return {"Effect": effect, "Principal": principal, "Action": "*", "Resource": "*", **more}


def effective_policies(**given):
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
    return decide(request, effective_policies(**policies)).outcome.value
