"""The policy types of an organization with their quotas, and AWS's own policies.

Source: Organizations user guide, "Quotas and service limits for AWS Organizations"; SCPs as
announced in May 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
TAG = "TAG_POLICY"
POLICY_TYPE_KEY = "organizations:policytype"
"""The condition key, in lower case, whose value is the type of the policy in a request."""

FULL_ACCESS: Mapping[str, str] = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}
"""The id of AWS's own policy of a type, which is attached everywhere when the type is enabled."""


@dataclass(frozen=True, slots=True)
class PolicyType:
    """A policy type and its quotas: attached to one node, in all, and characters as sent."""

    name: str
    attached_max: int
    length_max: int
    number_max: int = 1_000
    attached_min: int = 0
    service: str = ""
    """The service that must have trusted access before the type can be enabled; empty for none."""


_MANAGEMENT_TYPES = (
    (TAG, ""),
    ("BACKUP_POLICY", ""),
    ("CHATBOT_POLICY", ""),
    ("DECLARATIVE_POLICY_EC2", ""),
    ("SECURITYHUB_POLICY", "securityhub.amazonaws.com"),
    ("SECURITYHUB_CSPM_POLICY", "securityhub.amazonaws.com"),
    ("INSPECTOR_POLICY", "inspector2.amazonaws.com"),
    ("UPGRADE_ROLLOUT_POLICY", ""),
    ("BEDROCK_POLICY", ""),
    ("S3_POLICY", ""),
    ("NETWORK_SECURITY_DIRECTOR_POLICY", ""),
    ("GUARDDUTY_POLICY", "guardduty.amazonaws.com"),
)

POLICY_TYPES: Mapping[str, PolicyType] = {
    each.name: each
    for each in (
        PolicyType(SCP, attached_max=10, length_max=10_240, number_max=10_000, attached_min=1),
        PolicyType(RCP, attached_max=5, length_max=5_120),
        PolicyType("AISERVICES_OPT_OUT_POLICY", attached_max=5, length_max=2_500),
        *(PolicyType(name, 10, 10_000, service=service) for name, service in _MANAGEMENT_TYPES),
    )
}


@dataclass(frozen=True, slots=True)
class AWSOwnedPolicy:
    """A policy that AWS owns, with the same id and document in every organization."""

    id: str
    type: str
    name: str
    description: str
    content: str

    @property
    def arn(self) -> str:
        """Return the policy's ARN."""
        return f"arn:aws:organizations::aws:policy/{self.type.lower()}/{self.id}"


AWS_OWNED_POLICIES: Mapping[str, AWSOwnedPolicy] = {
    each.id: each
    for each in (
        AWSOwnedPolicy(
            "p-FullAWSAccess",
            SCP,
            "FullAWSAccess",
            "Allows access to every operation",
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
        ),
        AWSOwnedPolicy(
            "p-RCPFullAWSAccess",
            RCP,
            "RCPFullAWSAccess",
            "Allows access to every operation",
            '{"Version":"2012-10-17","Statement":'
            '[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
        ),
    )
}
