"""Check parts of a file against each other: ids, administrators, policy types, references."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from daypass.blueprint.file.file_schema import FileError
from daypass.blueprint.organization import MANAGEMENT, Account, Organization
from daypass.blueprint.policy_texts import ACCOUNT_PREFIX, find_references
from daypass.core.organizations.names import fold_email
from daypass.core.organizations.policies.policy_types import SCP
from daypass.core.organizations.trusted_services import ONE_ADMINISTRATOR
from daypass.files.bounded_yaml import line_of_member

NearestName = Callable[[str, Iterable[str], str], str]
"""Takes a name, the known names and a fallback; returns a hint with the nearest known name, else
the fallback."""


def account_errors(top: Any, accounts: Mapping[str, Account]) -> Iterator[FileError]:
    """Yield an error for each id that occurs twice, and each service with two administrators."""
    listed = top.get("accounts", ())
    ids = Counter(each["id"] for each in listed if "id" in each)
    for at, each in enumerate(listed):
        if ids[each.get("id")] > 1:
            yield FileError(
                line_of_member(listed, at, 1),
                f"account {each['id']} is there twice",
                "name it once",
            )
    for service in sorted(ONE_ADMINISTRATOR):
        if sum(service in each.administers for each in accounts.values()) > 1:
            yield FileError(
                line_of_member(top, "accounts", 1),
                f"only one account may administer {service}",
                "leave it with one",
            )


def type_errors(top: Any, organization: Organization) -> Iterator[FileError]:
    """Yield an error for each policy type of an attached policy that the file does not enable."""
    if organization.types is None:
        return
    line = line_of_member(top, "policy-types", 1)
    needed = {key.type for _, target in organization.targets() for key in target.policies}
    for kind in sorted(needed - organization.types):
        yield FileError(
            line,
            f"policies of type {kind} are attached, but the type is not enabled",
            f"add {kind} to policy-types",
        )
    if SCP not in organization.types and any(
        target.has_full_access is not None for _, target in organization.targets()
    ):
        yield FileError(
            line,
            f"full-aws-access is given, but {SCP} is not enabled",
            f"add {SCP} to policy-types",
        )


def reference_errors(
    documents: Iterable[tuple[int, str]], accounts: Mapping[str, Account], near: NearestName
) -> Iterator[FileError]:
    """Yield an error for each `${account:…}` that names no account of the file.

    `documents` are texts with their line in the file.
    """
    names = Counter(each.name for each in accounts.values())
    known = {MANAGEMENT, *accounts} | {name for name, count in names.items() if count == 1}
    for line, text in documents:
        for each in find_references(text):
            called = each.removeprefix(ACCOUNT_PREFIX)
            if (
                each.startswith(ACCOUNT_PREFIX)
                and called not in known
                and fold_email(called) not in known
            ):
                yield FileError(
                    line,
                    f"`${{{each}}}` is not an account of the file",
                    near(called, known, "its address or name"),
                )
