"""Where AWS's documentation is silent: the choices that are constants."""

from daypass.core.policy.language import undocumented_rules


def test_rcps_never_limit_the_services_that_an_organization_itself_is_made_of() -> None:
    documented = {"s3", "sts", "kms", "sqs", "secretsmanager", "dynamodb", "ecr", "logs"}

    assert {
        "account",
        "iam",
        "identitystore",
        "organizations",
        "rolesanywhere",
        "signin",
        "sso",
        "sso-oauth",
    } == undocumented_rules.SERVICES_WITHOUT_RCPS
    assert not undocumented_rules.SERVICES_WITHOUT_RCPS & documented
