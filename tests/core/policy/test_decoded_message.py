"""The content of an encoded authorization message."""

from daypass.core.policy.explanation.decoded_message import decoded_message
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.explanation.question_files import question_from_data

A, B = "111122223333", "444455556666"
ALICE = f"arn:aws:iam::{A}:user/alice"
BUCKET = "arn:aws:s3:::b"


def document(statement):
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_an_encoded_message_has_awss_members() -> None:
    statement = {
        "Sid": "No",
        "Effect": "Deny",
        "NotPrincipal": {"AWS": B},
        "NotAction": "ec2:*",
        "NotResource": "arn:aws:s3:::c",
        "Condition": {"StringNotEquals": {"k": ["a", "b"]}},
    }
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": BUCKET}
    question = question_from_data(
        {
            "v": 1,
            "request": {
                "principal": {"kind": "user", "arn": ALICE, "account": A},
                "action": "s3:GetObject",
                "resource": BUCKET,
                "resource_account": A,
                "context": {"z": ["1", "2"], "a": "x"},
            },
            "policies": {"identity": [document(allow)], "resource": document(statement)},
        }
    )
    found = decoded_message(
        explain(question.request, question.policies),
        principal_id="AIDAX",
        time=7,
    )

    assert found["because"]["refused_by"] == ["resource-based policy"]
    del found["because"]
    values = lambda *texts: {"items": [{"value": text} for text in texts]}
    assert found == {
        "allowed": False,
        "explicitDeny": True,
        "matchedStatements": {
            "items": [
                {
                    "policyType": "resource-based policy",
                    "statementId": "No",
                    "effect": "DENY",
                    "principals": values(),
                    "principalGroups": {"items": []},
                    "actions": values(),
                    "resources": values(),
                    "conditions": {
                        "items": [
                            {"key": "k", "operator": "StringNotEquals", "values": values("a", "b")}
                        ]
                    },
                    "notActions": values("ec2:*"),
                    "notResources": values("arn:aws:s3:::c"),
                    "notPrincipals": values(B),
                },
                {
                    "policyType": "identity-based policy",
                    "statementId": "",
                    "effect": "ALLOW",
                    "principals": values(),
                    "principalGroups": {"items": []},
                    "actions": values("s3:GetObject"),
                    "resources": values(BUCKET),
                    "conditions": {"items": []},
                },
            ]
        },
        "failures": {"items": []},
        "context": {
            "principal": {"id": "AIDAX", "arn": ALICE},
            "action": "s3:GetObject",
            "resource": BUCKET,
            "conditions": {
                "items": [
                    {"key": "a", "values": values("x")},
                    {"key": "z", "values": values("1", "2")},
                ]
            },
        },
        "time": 7,
    }
