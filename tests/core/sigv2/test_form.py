"""Forms of Signature Version 2: their claim, their signature, and what their policy may leave out."""

import base64
import hmac

import pytest

from daypass.core import faults, quotas
from daypass.core.form_policy import FormCondition, PostPolicy
from daypass.core.sigv2.form import is_signed_form, read_form_claim
from daypass.core.sigv2.verify import verify_form

SECRET = "s" * 40
NOW = 1_767_268_800


def fields_of(**changes):
    policy = b"cG9saWN5"
    signature = base64.b64encode(hmac.digest(SECRET.encode(), policy, "sha1")).decode()
    fields = {
        "key": "k",
        "awsaccesskeyid": "AKIA",
        "policy": policy.decode(),
        "signature": signature,
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def test_a_form_signs_its_policy_as_it_was_sent() -> None:
    claim = read_form_claim(fields_of())

    verify_form(claim, SECRET)
    assert repr(claim) == "FormClaim('AKIA')"


@pytest.mark.parametrize(
    "changes",
    [{"policy": "cG9saWN6"}, {"policy": "cG9saWN5\n"}, {"signature": "x"}, {"signature": "é"}],
)
def test_t431_sig_a_form_whose_policy_or_signature_was_changed_is_refused(changes) -> None:
    with pytest.raises(faults.BadSignature):
        verify_form(read_form_claim(fields_of() | changes), SECRET)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"awsaccesskeyid": None}, faults.MissingField),
        ({"signature": None}, faults.MissingField),
        ({"policy": None}, faults.MissingField),
        ({"signature": ""}, faults.MissingField),
        *(
            ({f"x-amz-{name}": "a"}, faults.Ambiguous)
            for name in ("algorithm", "credential", "date", "signature")
        ),
    ],
)
def test_t431_sig_a_form_signed_in_part_or_in_two_ways_is_refused(changes, fault) -> None:
    fields = fields_of(**changes)

    assert is_signed_form(fields)
    with pytest.raises(fault):
        read_form_claim(fields)


@pytest.mark.parametrize("fields", [{}, {"key": "k"}, {"policy": "a"}, {"x-amz-signature": "a"}])
def test_other_forms_are_not_of_this_version(fields) -> None:
    assert not is_signed_form(fields)


POLICY = PostPolicy(NOW + 60, (FormCondition("eq", "key", "k"),))


def test_the_two_fields_that_sign_a_form_need_no_condition_in_such_a_form_alone() -> None:
    fields = {"key": "k", "awsaccesskeyid": "AKIA", "signature": "s", "policy": "p"}

    POLICY.check_fields(fields, now=NOW, is_signed_by_version_2=True)
    with pytest.raises(faults.Denied, match="Extra input fields: awsaccesskeyid, signature"):
        POLICY.check_fields(fields, now=NOW)
    with pytest.raises(faults.Denied, match="Extra input fields: x-amz-security-token"):
        POLICY.check_fields(
            fields | {"x-amz-security-token": "t"}, now=NOW, is_signed_by_version_2=True
        )


@pytest.mark.parametrize(("beyond", "is_refused"), [(0, False), (1, True)])
def test_t431_sig_a_policy_of_such_a_form_expires_within_seven_days(beyond, is_refused) -> None:
    policy = PostPolicy(NOW + quotas.PRESIGNED_SECONDS_MAX + beyond, ())

    policy.check_fields({}, now=NOW)
    if not is_refused:
        policy.check_fields({}, now=NOW, is_signed_by_version_2=True)
        return
    with pytest.raises(faults.Denied, match="Policy expires more than seven days ahead"):
        policy.check_fields({}, now=NOW, is_signed_by_version_2=True)
