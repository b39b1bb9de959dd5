"""The types of policies that an organization has: how many may hang in one place, how long they may be, what they need.

Source: Organizations user guide, "Quotas and service limits for AWS Organizations"; SCPs as announced in May 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
TAG = "TAG_POLICY"
POLICY_TYPE_KEY = "organizations:policytype"
"""The condition key, in small letters, that says of which type a policy is."""

FULL_ACCESS: Mapping[str, str] = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}
"""AWS's own policy of a type, which is attached everywhere while the type is enabled."""


@dataclass(frozen=True, slots=True)
class PolicyType:
    """What holds for every policy of a type; `length_max` counts the characters as sent."""

    name: str
    attached_max: int
    length_max: int
    number_max: int = 1_000
    attached_min: int = 0
    service: str = ""
    """The service that must be trusted before the type can be enabled."""


_MANAGEMENT_TYPES = ((TAG, ""), ("BACKUP_POLICY", ""), ("CHATBOT_POLICY", ""), ("DECLARATIVE_POLICY_EC2", ""),
    ("SECURITYHUB_POLICY", "securityhub.amazonaws.com"), ("SECURITYHUB_CSPM_POLICY", "securityhub.amazonaws.com"),
    ("INSPECTOR_POLICY", "inspector2.amazonaws.com"), ("UPGRADE_ROLLOUT_POLICY", ""), ("BEDROCK_POLICY", ""), ("S3_POLICY", ""),
    ("NETWORK_SECURITY_DIRECTOR_POLICY", ""), ("GUARDDUTY_POLICY", "guardduty.amazonaws.com"))  # fmt: skip

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
    """A policy that AWS owns, the same in every organization."""

    id: str
    type: str
    name: str
    description: str
    content: str

    @property
    def arn(self) -> str:
        """Name the policy."""
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
