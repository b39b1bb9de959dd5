"""What a decision costs, quick and explained, beside Cedar's engine where it is installed, and
what hostile documents cost.
"""

import importlib.util
import json
import time
import timeit

from tests.bench.figures import Figure, at_most, readable
from tests.documents import policy

from daypass.core.faults import Malformed
from daypass.core.policy.decision import policy_sets
from daypass.core.policy.decision.compile import (
    PolicyGrammar,
    compile_document,
    compile_stored_text,
)
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.model import AuthorizationRequest, EffectivePolicies
from daypass.core.policy.decision.policy_sets import NamedPolicy, PolicySet
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.principal import Principal, PrincipalKind

A = "111122223333"
ALICE = Principal(PrincipalKind.USER, f"arn:aws:iam::{A}:user/alice", A, unique_id="AIDA1")
CONTEXT = {
    "aws:currenttime": "2026-01-01T00:00:00Z",
    "aws:username": "alice",
    "aws:sourceip": "10.1.2.3",
    "aws:securetransport": "true",
    "sts:externalid": "xyz",
    "s3:prefix": "home/alice/",
}
TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": "AIDA1"},
    "Action": "sts:AssumeRole",
    "Condition": {
        "StringEquals": {"sts:ExternalId": "xyz"},
        "Bool": {"aws:SecureTransport": "true"},
    },
}


def ten():
    """Nine statements about other buckets, and one with a variable and a condition that allows."""
    listed = [
        {
            "Effect": "Allow",
            "Action": [f"s3:Get{n}*", "s3:List*"],
            "Resource": [f"arn:aws:s3:::bucket{n}/*"],
        }
        for n in range(9)
    ]
    return [
        *listed,
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::reports/${aws:username}/*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        },
    ]


def sixteen():
    """Statements that all speak of the action, a third of them denying, each with two
    conditions.
    """
    return [
        {
            "Effect": "Allow" if n % 3 else "Deny",
            "Action": ["s3:Get*", f"s3:Put{n}"],
            "Resource": f"arn:aws:s3:::bucket{n}/*"
            if n != 7
            else "arn:aws:s3:::reports/${aws:username}/*",
            "Condition": {
                "StringLike": {"s3:prefix": "home/*"},
                "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
            },
        }
        for n in range(16)
    ]


def thousand():
    """A thousand policies of one principal, the last of which allows."""
    far = [
        policy({"Effect": "Allow", "Action": f"service{n}:*", "Resource": "*"}) for n in range(999)
    ]
    return [NamedPolicy(compile_stored_text(text), "p") for text in (*far, policy(*ten()))]


def read_only():
    """AWS's largest usual policy, as moto_server brings it; nothing where that is not installed."""
    if importlib.util.find_spec("moto") is None:
        return None
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return json.dumps(json.loads(aws_managed_policies_data)["ReadOnlyAccess"]["Document"])


def cases():
    read = AuthorizationRequest(ALICE, "s3:GetObject", "arn:aws:s3:::reports/alice/x", A, CONTEXT)
    role = AuthorizationRequest(ALICE, "sts:AssumeRole", f"arn:aws:iam::{A}:role/r", A, CONTEXT)
    trust = policy_sets.single_policy_set(policy(TRUST), PolicyGrammar.TRUST)
    found = {
        "trust decision": (role, EffectivePolicies(resource=trust, requires_grant=True)),
        "S3, 10 statements": (
            read,
            EffectivePolicies(
                identity=policy_sets.unnamed_policy_set(compile_stored_text(policy(*ten())))
            ),
        ),
        "S3, 16 statements": (
            read,
            EffectivePolicies(
                identity=policy_sets.unnamed_policy_set(compile_stored_text(policy(*sixteen())))
            ),
        ),
        "S3, 1,000 policies": (read, EffectivePolicies(identity=PolicySet(thousand()))),
    }
    text = read_only()
    if text is not None:
        found["ReadOnlyAccess"] = (
            read,
            EffectivePolicies(identity=policy_sets.unnamed_policy_set(compile_stored_text(text))),
        )
    return found


def quickest(call, count, repeat=7):
    taken = timeit.repeat(call, timer=time.thread_time, number=count, repeat=repeat)
    return min(taken) / count * 1e6


CEDAR = ("trust decision", "S3, 10 statements")
"""The questions that are put to Cedar too."""


def cedar(name):
    """Microseconds of Cedar for the same trust or S3 question; nothing where it is not
    installed.
    """
    if importlib.util.find_spec("cedarpy") is None:
        return None
    import cedarpy

    conditions = {
        "trust decision": [
            'permit(principal == User::"alice", action == Action::"AssumeRole", resource == Role::"r") when { context.externalid == "xyz" && context.secure };'
        ],
        "S3, 10 statements": [
            *(
                f'permit(principal == User::"alice", action in [Action::"Get{n}", Action::"List"], resource in Folder::"bucket{n}");'
                for n in range(9)
            ),
            'permit(principal == User::"alice", action == Action::"GetObject", resource) when { context.path like "reports/alice/*" && ip(context.ip).isInRange(ip("10.0.0.0/8")) };',
        ],
    }
    request = {
        "principal": 'User::"alice"',
        "action": 'Action::"AssumeRole"' if name == "trust decision" else 'Action::"GetObject"',
        "resource": 'Role::"r"' if name == "trust decision" else 'Object::"x"',
        "context": {
            "externalid": "xyz",
            "secure": True,
            "ip": "10.1.2.3",
            "path": "reports/alice/x",
        },
    }
    policies = "\n".join(conditions[name])
    call = lambda: cedarpy.is_authorized(request, policies, [])
    assert call().allowed
    return quickest(call, 200)


HOSTILE = {
    "stars and question marks": {"Resource": "arn:aws:s3:::" + "*?" * 5_000},
    "stars and letters": {"Resource": "arn:aws:s3:::" + "*a?" * 3_300 + "b"},
    "an action of stars": {"Action": "s3:" + "*e" * 5_000},
    "a condition of stars": {"Condition": {"StringLike": {"k": "*a?" * 3_300 + "b"}}},
    "variables that grow": {"Resource": "arn:aws:s3:::*" + "${k}" * 2_400},
    "10 MB": {"Sid": "x" * 10_000_000},
}


def hostile(more, repeat):
    """Milliseconds from a text to the end of its first decision."""
    text = policy({"Effect": "Allow", "Action": "*", "Resource": "*", **more})
    request = AuthorizationRequest(
        ALICE, "s3:" + "e" * 60, "arn:aws:s3:::" + "a" * 1_000, A, {"k": "a" * 2_000}
    )

    def run():
        try:
            found = compile_document(parse_document(text), PolicyGrammar.IDENTITY, text)
        except Malformed:
            return
        decide(request, EffectivePolicies(identity=policy_sets.unnamed_policy_set(found)))

    return quickest(run, 3, repeat) / 1000


def figures(run):
    """Yield the rows of this group."""
    repeat = run.rounds
    for name, (request, policies) in cases().items():
        assert decide(request, policies).allowed, name
        theirs = cedar(name) if name in CEDAR else None
        quick = quickest(lambda: decide(request, policies), 2_000, repeat)  # noqa: B023 - called at once
        explained = quickest(lambda: explain(request, policies), 200, repeat)  # noqa: B023 - the same
        peer = f"Cedar {readable(theirs)} µs" if theirs is not None else ""
        yield Figure(name, quick, "µs", at_most(100, 10), peer)
        yield Figure(f"{name}, explained", explained, "µs", at_most(300))
    for name, more in HOSTILE.items():
        yield Figure(f"hostile: {name}", hostile(more, repeat), "ms", at_most(5))
