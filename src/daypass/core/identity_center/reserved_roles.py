"""The names and trust of what IAM Identity Center makes in accounts: roles, provider, its own role.

Callers may read these and nobody may change them (`Role.is_protected`). Source: IAM Identity Center
user guide, "Referencing permission sets in resource policies, Amazon EKS Cluster config maps, and
AWS KMS key policies" and "Using service-linked roles for IAM Identity Center".
"""

import json
from collections.abc import Mapping

from daypass.core import arn
from daypass.core.domain.iam.role import Role

PRINCIPAL = "sso.amazonaws.com"
ROLE_PREFIX = "AWSReservedSSO_"
HEX_BYTES = 8
"""Random bytes of the sixteen hexadecimal digits that end a role's and a provider's name."""
INLINE_POLICY = "AwsSSOInlinePolicy"
"""The name of the inline policy of a role made from a permission set with an inline policy."""
SESSION_SECONDS_MAX = 43_200
"""`MaxSessionDuration` of every role; the permission set's duration is the session's."""
FIRST_REGION = "us-east-1"
"""The region that is left out of the path of its roles."""
PROVIDER_PREFIX = "AWSSSO_"
SAML_AUDIENCE = "https://signin.aws.amazon.com/saml"
SERVICE_ROLE = "AWSServiceRoleForSSO"
SERVICE_PATH = f"/aws-service-role/{PRINCIPAL}/"
SERVICE_POLICY = "arn:aws:iam::aws:policy/aws-service-role/AWSSSOServiceRolePolicy"


def role_path(region: str) -> str:
    """Return the path of the roles of an instance whose primary region this is."""
    base = f"/aws-reserved/{PRINCIPAL}/"
    return base if region == FIRST_REGION else f"{base}{region}/"


def role_name(permission_set: str, entropy: bytes) -> str:
    """Return the name of a role made from a permission set of that name, from eight random bytes.

    A permission set's name has at most 32 characters, so that the role's has at most 64.
    """
    return f"{ROLE_PREFIX}{permission_set}_{entropy[:HEX_BYTES].hex()}"


def is_reserved_name(name: str) -> bool:
    """Return whether a role's name begins like those of a permission set's roles, in any case.

    Policies recognize the roles of people by their name, so that nobody else makes such a role.
    """
    return name.lower().startswith(ROLE_PREFIX.lower())


def provider_name(entropy: bytes) -> str:
    """Return the name of an instance's SAML provider in an account, from eight random bytes."""
    return f"{PROVIDER_PREFIX}{entropy[:HEX_BYTES].hex()}_DO_NOT_DELETE"


def trust_policy(provider: str) -> str:
    """Return the trust policy of a role, which the SAML provider with that ARN may assume."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"SAML:aud": SAML_AUDIENCE}},
    }
    return _document(statement)


def service_role(account: str, *, unique_id: str, now: int) -> Role:
    """Return the service-linked role that Identity Center may assume in an account."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": PRINCIPAL},
        "Action": "sts:AssumeRole",
    }
    return Role(
        account=account,
        name=SERVICE_ROLE,
        path=SERVICE_PATH,
        unique_id=unique_id,
        created=now,
        trust=_document(statement),
        description=(
            "Service-linked role used by AWS SSO to manage AWS resources, including IAM roles,"
            " policies and SAML IdP on your behalf."
        ),
        attached=(SERVICE_POLICY,),
    )


def role_arn_pattern(account: str) -> str:
    """Return the ARN with a wildcard of every role that Identity Center makes in an account."""
    return arn.iam(account, "role", f"/aws-reserved/{PRINCIPAL}/", "*")


def _document(statement: Mapping[str, object]) -> str:
    content = {"Version": "2012-10-17", "Statement": [statement]}
    return json.dumps(content, separators=(",", ":"))
