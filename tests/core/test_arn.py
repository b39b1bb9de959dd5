"""ARNs: what is read of them, what is refused, and what is made."""

import pytest

from daypass.core import arn
from daypass.core.arn import Arn
from daypass.core.faults import Invalid


def test_an_arn_is_split_at_its_first_five_colons() -> None:
    assert Arn.parse("arn:aws:s3:::b/a:b") == ("aws", "s3", "", "", "b/a:b")
    assert arn.arn_parts("arn:aws:s3:::b/a:b") == ["arn", "aws", "s3", "", "", "b/a:b"]


@pytest.mark.parametrize(
    "text",
    ["", "arn", "arn:aws:s3::b", "urn:aws:s3:::b", "arn::s3:::b", "arn:aws::::b", "arn:aws:s3:::"],
)
def test_what_is_no_arn_is_refused(text) -> None:
    assert Arn.parse_or_none(text) is None
    with pytest.raises(Invalid, match="is invalid"):
        Arn.parse(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", None),
        ("*", None),
        ("arn:aws:s3::b", None),
        (":::::", [""] * 6),
        ("urn:aws:s3:::", ["urn", "aws", "s3", "", "", ""]),
    ],
)
def test_six_parts_are_split_whatever_they_are(text, parts) -> None:
    assert arn.arn_parts(text) == parts


@pytest.mark.parametrize(
    ("resource", "kind", "path", "name"),
    [
        ("user/alice", "user", "/", "alice"),
        ("user/team/blue/alice", "user", "/team/blue/", "alice"),
        ("user/alice/alice", "user", "/alice/", "alice"),
        ("policy/service-role/P", "policy", "/service-role/", "P"),
        ("root", "root", "/", "root"),
        ("user/", "user", "/", ""),
    ],
)
def test_a_resource_has_a_kind_a_path_and_a_name(resource, kind, path, name) -> None:
    found = Arn.parse(f"arn:aws:iam::111122223333:{resource}")

    assert (found.kind, found.path, found.name) == (kind, path, name)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("arn:aws:iam::1:user/team/alice", "user", "alice"),
        ("arn:aws:sts::1:assumed-role/worker/session", "assumed-role", "session"),
        ("arn:aws:iam::1:root", "root", "root"),
        ("arn:aws:ec2:eu-west-1:1:instance/i-1", "instance", "i-1"),
        ("arn:aws:sns:eu-west-1:1:topic", "topic", "topic"),
        ("arn:aws:iam::1:user/a:b/alice", "user", "alice"),
        ("*", "*", "*"),
    ],
)
def test_kind_and_name_are_found_in_the_text_of_an_arn(text, kind, name) -> None:
    assert (arn.resource_kind(text), arn.resource_name(text)) == (kind, name)


def test_arns_are_made_as_aws_spells_them() -> None:
    assert arn.iam("1", "user", "/team/", "alice") == "arn:aws:iam::1:user/team/alice"
    assert arn.root("1") == "arn:aws:iam::1:root"
    assert arn.assumed_role("1", "r", "s") == "arn:aws:sts::1:assumed-role/r/s"
    assert arn.bucket("b") == "arn:aws:s3:::b"
