"""A browser's form as a claim: its signature says who let a stranger upload."""

import base64
import hmac
import json

import pytest

from daypass.core import faults
from daypass.core.sigv4.form import check_form_clock, read_form_claim, verify_form
from daypass.core.sigv4.verify import signing_key
from daypass.core.time.timestamps import format_basic_date

NOW = 1_795_500_000
LATER = "2030-01-01T00:00:00Z"


def encoded(document):
    return base64.b64encode(json.dumps(document).encode()).decode()


def signed(**changes):
    text = encoded({"expiration": LATER, "conditions": []})
    key = signing_key("secret", date=format_basic_date(NOW)[:8], region="us-east-1", service="s3")
    return {
        "policy": text,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"AKIAEXAMPLE/{format_basic_date(NOW)[:8]}/us-east-1/s3/aws4_request",
        "x-amz-date": format_basic_date(NOW),
        "x-amz-signature": hmac.digest(key, text.encode(), "sha256").hex(),
        **changes,
    }, key


def test_the_signature_is_over_the_policy_as_it_was_sent() -> None:
    fields, key = signed()
    claim = read_form_claim(fields)

    verify_form(claim, key, fields["policy"])
    for spoilt in (fields["policy"] + "=", fields["policy"].swapcase(), "\u20ac"):
        with pytest.raises(faults.BadSignature):
            verify_form(claim, key, spoilt)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        *(({name: ""}, faults.BadAuthentication) for name in ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")),
        ({"x-amz-algorithm": "AWS4-ECDSA-P256-SHA256"}, faults.UnknownAlgorithm),
        ({"awsaccesskeyid": "AKIA"}, faults.UnknownAlgorithm),
        ({"x-amz-credential": "AKIA/x"}, faults.BadAuthentication),
        ({"x-amz-date": "yesterday"}, faults.BadAuthentication),
        ({"x-amz-signature": "ABC"}, faults.BadSignature),
    ],
)  # fmt: skip
def test_a_form_that_is_signed_in_part_is_refused(changes, fault) -> None:
    with pytest.raises(fault):
        read_form_claim(signed(**changes)[0])


def test_a_form_without_a_trace_of_a_signature_claims_nothing() -> None:
    assert read_form_claim({"key": "a"}) is None


@pytest.mark.parametrize("offset", [-7 * 86_400, 0, 15 * 60])
def test_a_form_is_good_for_a_week_and_a_little_early(offset) -> None:
    check_form_clock(
        read_form_claim(signed(**{"x-amz-date": format_basic_date(NOW + offset)})[0]), now=NOW
    )


@pytest.mark.parametrize(
    "date",
    [format_basic_date(NOW - 7 * 86_400 - 1), format_basic_date(NOW + 901), "20261399T000000Z"],
)
def test_a_form_of_another_time_is_refused(date) -> None:
    claim = read_form_claim(signed(**{"x-amz-date": date})[0])

    with pytest.raises(faults.BadClock):
        check_form_clock(claim, now=NOW)
