"""Checks between the parts of a file: ids, administrators, policy types, references to accounts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from daypass.blueprint.file.shape import Error
from daypass.blueprint.organization import MANAGEMENT, Account, Organization
from daypass.blueprint.policy_texts import ACCOUNT, references
from daypass.core.organizations.names import fold_email
from daypass.core.organizations.policies.policy_types import SCP
from daypass.core.organizations.trusted_services import ONE_ADMINISTRATOR
from daypass.files.yaml_text import line_of

Near = Callable[[str, Iterable[str], str], str]
"""Returns a hint with the known name that is nearest to a name, or the last argument if there is
none."""


def account_errors(top: Any, accounts: Mapping[str, Account]) -> Iterator[Error]:
    """Give an error for each id that is there twice, and each service with two administrators."""
    listed = top.get("accounts", ())
    ids = Counter(each["id"] for each in listed if "id" in each)
    for at, each in enumerate(listed):
        if ids[each.get("id")] > 1:
            yield Error(
                line_of(listed, at, 1), f"account {each['id']} is there twice", "name it once"
            )
    for service in sorted(ONE_ADMINISTRATOR):
        if sum(service in each.administers for each in accounts.values()) > 1:
            yield Error(
                line_of(top, "accounts", 1),
                f"only one account may administer {service}",
                "leave it with one",
            )


def type_errors(top: Any, organization: Organization) -> Iterator[Error]:
    """Give an error for each policy type that a place needs and the file does not enable."""
    if organization.types is None:
        return
    line = line_of(top, "policy-types", 1)
    needed = {key.type for _, node in organization.nodes() for key in node.policies}
    for kind in sorted(needed - organization.types):
        yield Error(
            line,
            f"policies of type {kind} hang somewhere, and it is not enabled",
            f"add {kind} to policy-types",
        )
    if SCP not in organization.types and any(
        node.has_full_access is not None for _, node in organization.nodes()
    ):
        yield Error(
            line,
            f"full-aws-access is said of a place, and {SCP} is not enabled",
            f"add {SCP} to policy-types",
        )


def reference_errors(
    documents: Iterable[tuple[int, str]], accounts: Mapping[str, Account], near: Near
) -> Iterator[Error]:
    """Give an error for each `${account:…}` that names no account of the file.

    Documents have lines.
    """
    names = Counter(each.name for each in accounts.values())
    known = {MANAGEMENT, *accounts} | {name for name, count in names.items() if count == 1}
    for line, text in documents:
        for each in references(text):
            called = each.removeprefix(ACCOUNT)
            if each.startswith(ACCOUNT) and called not in known and fold_email(called) not in known:
                yield Error(
                    line,
                    f"`${{{each}}}` stands for no account of the file",
                    near(called, known, "its address or name"),
                )
