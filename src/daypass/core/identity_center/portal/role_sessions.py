"""The session of a role that Identity Center assumes for a person: its name, and its assertion.

GetRoleCredentials is one AssumeRoleWithSAML inside this server: no assertion is written or sent,
and what one would say is given to the trust policy as condition keys. Sources: IAM Identity Center
user guide, "Referencing permission sets in resource policies"; IAM user guide, "Available keys for
SAML-based AWS STS federation".
"""

import base64
import hashlib
import re
from collections.abc import Mapping

from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.person import Person
from daypass.core.identity_center.permission_sets.saml_metadata import entity_id
from daypass.core.identity_center.reserved_roles import SAML_AUDIENCE
from daypass.core.policy.language.principal import Principal, PrincipalKind

_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
SUBJECT_TYPE = "persistent"
"""`saml:sub_type`: the subject is the person's id, which never changes."""


def session_name(person: Person) -> str:
    """Return the name of a person's role sessions: the user name, or the id if it does not fit.

    No user name equals another person's id, so that a name stands for one person.
    """
    return person.name if _SESSION_NAME.fullmatch(person.name) else person.id


def assertion_principal(provider: SamlProvider) -> Principal:
    """Return the principal of a call with an assertion, whom a policy names by the provider's ARN.

    It belongs to no account.
    """
    return Principal(PrincipalKind.SAML, provider.arn, "")


def assertion_keys(instance: Instance, person: Person, provider: SamlProvider) -> Mapping[str, str]:
    """Return the condition keys of an assertion about a person, which the call alone has."""
    return {
        "saml:aud": SAML_AUDIENCE,
        "saml:sub": person.id,
        "saml:sub_type": SUBJECT_TYPE,
        "saml:namequalifier": _name_qualifier(
            entity_id(instance=instance.id, region=instance.region), provider
        ),
    }


def _name_qualifier(issuer: str, provider: SamlProvider) -> str:
    """Return `saml:namequalifier`: a hash of issuer, account and the provider's name.

    AWS defines it with SHA-1; it identifies, and protects nothing.
    """
    text = f"{issuer}{provider.account}/{provider.name}"
    return base64.b64encode(hashlib.sha1(text.encode(), usedforsecurity=False).digest()).decode()
