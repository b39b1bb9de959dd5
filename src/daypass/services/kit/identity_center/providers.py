"""The SAML provider that an instance has in an account, which its roles' trust policies name."""

from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.state.snapshot.account_view import AccountView


def provider_in(account: AccountView, instance: str) -> SamlProvider | None:
    """Return the provider that an instance, named by its id, made in an account, or None.

    It is kept in the account's view, which the account's next change replaces.
    """
    name = f"provider of {instance}"
    provider: SamlProvider | None = account.cache.get(name)
    if provider is None:
        provider = next(
            (each for each in account.of(SamlProvider) if each.instance == instance), None
        )
        if provider is not None:
            account.cache[name] = provider
    return provider
