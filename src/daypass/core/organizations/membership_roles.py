"""The roles of a member account: the management account's access role, the service-linked role.

Source: Organizations user guide, "Accessing member accounts in an organization" and "Organizations
and service-linked roles".
"""

import json

from daypass.core import arn
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role

ACCESS_ROLE = "OrganizationAccountAccessRole"
SERVICE = "organizations.amazonaws.com"
SERVICE_PATH = f"/aws-service-role/{SERVICE}/"
SERVICE_ROLE = "AWSServiceRoleForOrganizations"
SERVICE_POLICY = "arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy"


def _policy_document(**statement: object) -> str:
    content = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    return json.dumps(content, separators=(",", ":"))


def access_role(account: str, name: str, *, management: str, unique_id: str, now: int) -> Role:
    """Return a new account's administrator role, which its management account may assume."""
    trust = _policy_document(Principal={"AWS": arn.root(management)}, Action="sts:AssumeRole")
    everything = _policy_document(Action="*", Resource="*")
    return Role(
        account=account,
        name=name,
        unique_id=unique_id,
        created=now,
        trust=trust,
        inline=(InlinePolicy("AdministratorAccess", everything),),
    )


def service_role(account: str, *, unique_id: str, now: int) -> Role:
    """Return the service-linked role that Organizations may assume in an account."""
    trust = _policy_document(Principal={"Service": SERVICE}, Action="sts:AssumeRole")
    return Role(
        account=account,
        name=SERVICE_ROLE,
        path=SERVICE_PATH,
        unique_id=unique_id,
        created=now,
        trust=trust,
        description=(
            "Service-linked role used by AWS Organizations to enable integration of other AWS"
            " services with Organizations."
        ),
        attached=(SERVICE_POLICY,),
    )
