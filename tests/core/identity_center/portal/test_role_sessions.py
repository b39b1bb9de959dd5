"""The name of a person's role session, and what the assertion about the person says."""

import base64
import hashlib

import pytest
from tests.services import portal_records as records

from daypass.core.identity_center.permission_sets.saml_metadata import entity_id
from daypass.core.identity_center.portal import role_sessions
from daypass.core.identity_center.reserved_roles import SAML_AUDIENCE
from daypass.core.policy.language.principal import PrincipalKind

INSTANCE = records.organization_records()[-2]


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("alice", True),
        ("al", True),
        ("a" * 64, True),
        ("al_i+c=e,@example.com-1", True),
        ("a", False),
        ("a" * 65, False),
        ("alice smith", False),
        ("alice/smith", False),
        ("alice\n", False),
        ("al:ice", False),
        ("aliçe", False),
        ("", False),
    ],
)
def test_a_session_has_the_user_name_if_it_is_a_session_name(name, fits) -> None:
    assert role_sessions.session_name(records.person(name=name)) == (
        name if fits else records.ALICE
    )


def test_an_assertion_is_about_a_person_of_one_instance() -> None:
    provider = records.provider()
    keys = role_sessions.assertion_keys(INSTANCE, records.person(), provider)
    issuer = entity_id(instance=records.INSTANCE, region=records.REGION)
    named = f"{issuer}{records.MEMBER}/{provider.name}"

    assert keys == {
        "saml:aud": SAML_AUDIENCE,
        "saml:sub": records.ALICE,
        "saml:sub_type": "persistent",
        "saml:namequalifier": base64.b64encode(
            hashlib.sha1(named.encode(), usedforsecurity=False).digest()
        ).decode(),
    }


def test_the_subject_of_an_assertion_is_named_by_the_provider_and_has_no_account() -> None:
    principal = role_sessions.assertion_principal(records.provider())

    assert (principal.kind, principal.arn, principal.account) == (
        PrincipalKind.SAML,
        records.provider().arn,
        "",
    )
