"""SAML providers, which Identity Center makes in accounts: read, and never changed by callers."""

import pytest
from tests.services.support import ACCOUNT, OTHER, Snapshot, an_account, refused

from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.record import Tag
from daypass.core.faults import NotFound, Violation
from daypass.services.iam import saml_providers
from daypass.services.registry import SERVICES
from daypass.wire import catalog

NAME = "AWSSSO_0123456789abcdef_DO_NOT_DELETE"
ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/{NAME}"
METADATA = f"<EntityDescriptor>{'x' * 1000}</EntityDescriptor>"


def provider(account=ACCOUNT, name=NAME, **more):
    return SamlProvider(
        account=account,
        name=name,
        created=7,
        valid_until=3_000_000_000,
        metadata=METADATA,
        uuid="ABCDEFGHIJKLMNOPQRSTUV",
        **more,
    )


@pytest.fixture
def known():
    return Snapshot()


def test_a_provider_is_shown_with_its_metadata(known) -> None:
    known.put(provider(instance="ssoins-0123456789abcdef", tags=(Tag("a", "b"),)))

    assert known.call(saml_providers.get_saml_provider, SAMLProviderArn=ARN) == {
        "SAMLProviderUUID": "ABCDEFGHIJKLMNOPQRSTUV",
        "SAMLMetadataDocument": METADATA,
        "CreateDate": 7,
        "ValidUntil": 3_000_000_000,
        "Tags": [{"Key": "a", "Value": "b"}],
    }


def test_an_accounts_own_providers_are_listed_without_metadata(known) -> None:
    assert known.call(saml_providers.list_saml_providers) == {"SAMLProviderList": []}

    known.put(provider(), provider(name="AWSSSO_00"), an_account(OTHER), provider(OTHER))

    listed = known.call(saml_providers.list_saml_providers)["SAMLProviderList"]
    assert listed == [
        {
            "Arn": f"arn:aws:iam::{ACCOUNT}:saml-provider/{name}",
            "ValidUntil": 3_000_000_000,
            "CreateDate": 7,
        }
        for name in ("AWSSSO_00", NAME)
    ]


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{OTHER}:saml-provider/{NAME}",
        f"arn:aws:iam::{ACCOUNT}:saml-provider/{NAME.lower()}",
        f"arn:aws:iam::{ACCOUNT}:saml-provider/missing",
        f"arn:aws:iam::{ACCOUNT}:role/{NAME}",
    ],
)
def test_another_accounts_provider_is_answered_like_a_missing_one(known, arn) -> None:
    # T237-PRIV
    known.put(provider(), an_account(OTHER), provider(OTHER))

    with refused(NotFound, f"Manifest not found for arn {arn}"):
        known.call(saml_providers.get_saml_provider, SAMLProviderArn=arn)


def test_a_text_that_is_no_arn_names_no_provider(known) -> None:
    with refused(Violation, "ARN a-provider-of-mine-without-arn is not valid."):
        known.call(
            saml_providers.get_saml_provider, SAMLProviderArn="a-provider-of-mine-without-arn"
        )


def test_the_target_of_a_read_is_the_provider_with_its_tags(known) -> None:
    known.put(provider(tags=(Tag("team", "blue"),)), an_account(OTHER))
    known.put(provider(OTHER, tags=(Tag("team", "red"),)))
    locate = saml_providers.get_saml_provider.__daypass_operation__.on

    [mine, theirs] = (
        locate(known.context(), {"SAMLProviderArn": arn})
        for arn in (ARN, ARN.replace(ACCOUNT, OTHER))
    )
    assert (mine.arn, mine.keys["aws:resourcetag/team"]) == (ARN, "blue")
    assert "aws:resourcetag/team" not in theirs.keys


def test_no_operation_that_changes_a_provider_is_built() -> None:
    # A write must not exist before it refuses the providers of Identity Center.
    model = catalog.load_catalog(SERVICES).services["iam"]
    [iam] = (each for each in SERVICES if each.name == "iam")
    built = {each for each in iam.built_operations(model) if "SAMLProvider" in each}

    assert built == {"GetSAMLProvider", "ListSAMLProviders"}
    assert "DeleteSAMLProvider" in model.operations
