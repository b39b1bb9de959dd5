"""ListBuckets is one decision on all buckets of an account: it lists all of them or none."""

import importlib.util
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

_spec = importlib.util.spec_from_file_location("support", Path(__file__).parents[1] / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)
ALL = "arn:aws:s3:::*"
ACTION = "s3:ListAllMyBuckets"


def allow(resource, **more):
    return {"Effect": "Allow", "Action": ACTION, "Resource": resource, **more}


def deny(resource, action="s3:*"):
    return {"Effect": "Deny", "Action": action, "Resource": resource}


CASES = [
    ("star", [allow("*")], True),
    ("all", [allow(ALL)], True),
    ("one", [allow("arn:aws:s3:::kept")], False),
    ("prefix", [allow("arn:aws:s3:::k*")], False),
    ("objects", [allow("arn:aws:s3:::*/*")], False),
    ("deny-all", [allow("*"), deny(ALL)], False),
    ("deny-star", [allow(ALL), deny("*")], False),
    ("deny-one", [allow("*"), deny("arn:aws:s3:::kept")], True),
    ("not-resource", [{"Effect": "Allow", "Action": ACTION, "NotResource": ALL}], False),
    ("owner", [allow("*", Condition={"Null": {"s3:ResourceAccount": "false"}})], False),
    ("any-owner", [allow("*", Condition={"Null": {"aws:ResourceAccount": "false"}})], False),
]


@pytest.mark.parametrize(("name", "statements", "allowed"), CASES, ids=[each[0] for each in CASES])
def test_one_decision_on_all_buckets(behind, name, statements, allowed) -> None:
    s3 = behind.client("s3", behind.user(f"lists-{name}", *statements))
    if allowed:
        assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["kept"]
        return
    with pytest.raises(ClientError) as error:
        s3.list_buckets()

    assert error.value.response["Error"]["Code"] == "AccessDenied"
    assert f'on resource: "{ALL}"' in error.value.response["Error"]["Message"]
