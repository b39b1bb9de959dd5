"""The condition keys that documents refer to."""

import json

from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.referenced_keys import referenced_keys


def allow(resource, **more):
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource, **more}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_referenced_keys_are_listed_once() -> None:
    new = document(
        allow(
            resource=["arn:aws:s3:::${aws:username}/${none, 'x'}", "*"],
            Condition={"StringLike": {"aws:SourceVpc": "${aws:PrincipalTag/Vpc}"}},
        ),
        {
            "Effect": "Deny",
            "Action": "*",
            "NotResource": "arn:aws:s3:::${z}",
            "Condition": {"Bool": {"AWS:sourcevpc": "${no}"}, "ArnLike": {"b": "${c}"}},
        },
    )
    old = {
        "Statement": allow(
            resource="arn:aws:s3:::${old}", Condition={"StringLike": {"k": "${older}"}}
        )
    }
    found = referenced_keys([parse_document(json.dumps(each)) for each in (new, old)])

    assert found == [
        "aws:SourceVpc",
        "aws:principaltag/vpc",
        "aws:username",
        "none",
        "b",
        "c",
        "z",
        "k",
    ]
