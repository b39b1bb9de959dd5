"""Operations that read SAML identity providers, which IAM Identity Center makes in accounts."""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.services.iam import lookup, resources, views
from daypass.services.kit.context import Context
from daypass.services.kit.operation import any_resource, operation

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=resources.saml_provider)
def get_saml_provider(ctx: Context, req: Req) -> Answer:
    """Return a SAML provider with its metadata document."""
    return views.saml_provider(lookup.saml_provider(ctx, req["SAMLProviderArn"]))


@operation(on=any_resource)
def list_saml_providers(ctx: Context, _req: Req) -> Answer:
    """Return the account's SAML providers, in order of name."""
    providers = ctx.account.of(SamlProvider)
    return {"SAMLProviderList": [views.saml_provider_summary(each) for each in providers]}
