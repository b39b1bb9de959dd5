"""Signature Version 2 anywhere else, where it is switched off, and in the audit log."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from botocore.exceptions import ClientError
from tests.gate.conftest import support
from tests.gate.test_forms import parts_of, post

from daypass.server.audit.log_lines import read_log

from .asking import PAYLOAD, ask, key_of, keys_in, soon
from .signing import link


def test_t019_sig_t431_sig_a_header_of_version_2_is_refused(owner, live, bucket, alice) -> None:
    old = live.client("s3", alice, signature_version="s3")
    for call, more in (
        (old.get_object, {"Key": "k"}),
        (old.put_object, {"Key": "headed", "Body": b"x"}),
        (old.list_objects_v2, {}),
        (old.delete_object, {"Key": "k"}),
    ):
        with pytest.raises(ClientError) as error:
            call(Bucket=bucket, **more)
        assert error.value.response["Error"]["Code"] == "InvalidRequest"
        assert "AWS4-HMAC-SHA256" in error.value.response["Error"]["Message"]
    assert "headed" not in keys_in(owner, bucket)


def test_t431_sig_a_link_of_another_operation_says_what_to_do(alice_s3, live, bucket) -> None:
    s3 = alice_s3
    for method, operation, more in (
        ("GET", "list_objects_v2", {"Prefix": "a"}),
        ("DELETE", "delete_object", {"Key": "k"}),
        ("POST", "create_multipart_upload", {"Key": "k"}),
    ):
        url = s3.generate_presigned_url(operation, {"Bucket": bucket, **more})
        status, _, content = ask(live, url, method=method)
        assert (status, b'signature_version="s3v4"' in content) == (400, True), operation


def test_t431_sig_no_api_takes_a_link(live, alice) -> None:
    key = key_of(alice)
    target = link(key, "/", end=soon()) + "&Action=GetCallerIdentity&Version=2011-06-15"
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert ask(live, target)[0] in {400, 403}
    for method in ("GET", "POST"):
        posted = link(key, "/", method=method, end=soon())
        status, _, content = ask(live, posted, method=method, body=body, headers=form)
        assert (status in {400, 403}, b"<Arn>" in content) == (True, False)


@pytest.fixture(scope="module")
def version_4_alone(store_url, tmp_path_factory):
    """An authority whose operator has switched Signature Version 2 off."""
    path = tmp_path_factory.mktemp("version-4") / "data"
    yield from support.serving(path, store_url, no_sigv2=True, s3_adopt=("linked",))


def test_t019_sig_t431_sig_where_it_is_switched_off_the_refusal_says_what_to_do(
    owner, bucket, version_4_alone
) -> None:
    # The bucket lies in the store that both stand in front of.
    old = version_4_alone.client("s3", signature_version="s3")
    new = version_4_alone.client("s3", signature_version="s3v4")
    named = {"Bucket": bucket, "Key": "k"}
    form = old.generate_presigned_post(bucket, "switched-off")["fields"]
    answers = [
        ask(version_4_alone, old.generate_presigned_url("get_object", named)),
        ask(version_4_alone, old.generate_presigned_url("put_object", named), method="PUT", body=b"x"),
        ask(version_4_alone, f"/{bucket}/k?Signature=x"),
        post(version_4_alone, bucket, parts_of(form)),
    ]  # fmt: skip

    for status, _, content in answers:
        text = content if isinstance(content, str) else content.decode()
        assert (status, "<Code>InvalidRequest</Code>" in text) == (400, True)
        assert 'signature_version="s3v4"' in text
    assert ask(version_4_alone, new.generate_presigned_url("get_object", named))[2] == PAYLOAD
    assert "switched-off" not in keys_in(owner, bucket)


# The audit log.


def test_the_audit_log_says_which_signature_it_was_and_no_secret(
    role_s3, live, bucket, role_session
) -> None:
    s3 = role_s3
    named = {"Bucket": bucket, "Key": "k"}
    old = s3.generate_presigned_url("get_object", named)
    new = live.client("s3", role_session, signature_version="s3v4").generate_presigned_url(
        "get_object", named
    )
    form = s3.generate_presigned_post(bucket, "recorded")["fields"]
    ids = []
    for _, headers, _ in (
        ask(live, old),
        ask(live, old + "&acl"),
        post(live, bucket, parts_of(form)),
        ask(live, new),
    ):
        ids.append({name.lower(): value for name, value in headers.items()}["x-amz-request-id"])

    path = live.data.audit.path
    events = {each.event.request: each.event for each in read_log(path)}
    told = [events[each].detail.get("SignatureVersion") for each in ids]
    assert told == ["SigV2", "SigV2", "SigV2", None]
    text = path.read_text()
    for secret in (
        role_session["SecretAccessKey"],
        role_session["SessionToken"],
        parse_qs(urlsplit(old).query)["Signature"][0],
        quote(parse_qs(urlsplit(old).query)["Signature"][0], safe=""),
        form["signature"],
    ):
        assert secret not in text
