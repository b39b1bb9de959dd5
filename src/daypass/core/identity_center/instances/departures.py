"""What goes when an account leaves an instance, and when an instance is deleted.

Pure: the records are passed in, and which of them go is answered. Who removes them is
`services.kit.identity_center.departures`. Source: IAM Identity Center user guide, "Using service-
linked roles for IAM Identity Center" and "Delete your IAM Identity Center instance"; what AWS does
not describe is chosen in decision 53.
"""

from collections.abc import Iterable, Iterator

from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.core.identity_center.reserved_roles import SERVICE_ROLE


def made_in_account(
    instance: str,
    *,
    provisioned: Iterable[ProvisionedSet],
    roles: Iterable[Role],
    providers: Iterable[SamlProvider],
) -> Iterator[Role | SamlProvider]:
    """Yield the roles and the SAML provider that an instance made in an account.

    `provisioned` are the instance's permission sets in the account, whose roles are recognized by
    their unique id; `roles` and `providers` are all of the account. What another instance made in
    the same account stays.
    """
    role_ids = {each.role_id for each in provisioned}
    for role in roles:
        if role.is_protected and role.unique_id in role_ids:
            yield role
    for provider in providers:
        if provider.instance == instance:
            yield provider


def unneeded_service_role(
    roles: Iterable[Role], *, instances: Iterable[str], without: str
) -> Role | None:
    """Return the service-linked role of an account that needs it no longer; None if it does.

    `instances` are the ids of the instances that serve the account, empty texts for none: its
    organization's and its own. `without` is the id of the one that ends or that the account leaves.
    """
    if any(each and each != without for each in instances):
        return None
    return next((each for each in roles if each.name == SERVICE_ROLE and each.is_protected), None)
