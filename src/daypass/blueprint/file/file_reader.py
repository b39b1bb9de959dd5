"""Read an organization file: YAML to an `Organization`, or every error with line and hint."""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from daypass.blueprint.file import consistency, file_schema
from daypass.blueprint.file.document_reader import DocumentReader
from daypass.blueprint.file.file_schema import FileError
from daypass.blueprint.file.iam_reader import read_account_iam
from daypass.blueprint.file.people_reader import read_identity_center
from daypass.blueprint.organization import (
    FULL_ACCESS_NAME,
    MANAGEMENT,
    Account,
    Organization,
    OrganizationPolicy,
    PolicyKey,
    PolicyTarget,
    child_path,
    path_depth,
)
from daypass.core import quotas
from daypass.core.organizations.membership_roles import ACCESS_ROLE
from daypass.core.organizations.names import fold_email, is_allowed_role_name, is_email
from daypass.core.organizations.policies.policy_types import AWS_OWNED_POLICIES, SCP
from daypass.files import bounded_reading, bounded_yaml
from daypass.files.bounded_yaml import line_of_member

FILE_BYTES_MAX = 4 * 1024 * 1024
"""The largest file; ours. The largest organization that AWS allows needs about half of it."""

ERRORS_SHOWN = 100
"""How many errors are printed, as many as a person corrects at once."""


class InvalidFile(Exception):
    """A file with errors: `errors` in the order of their lines, `lines` as text for people."""

    def __init__(self, path: Path, errors: list[FileError]) -> None:
        self.errors = sorted(errors)
        self.lines = [
            f"{path}:{each.line}: {_error_text(each)}" for each in self.errors[:ERRORS_SHOWN]
        ]
        if len(self.errors) > ERRORS_SHOWN:
            self.lines.append(f"and {len(self.errors) - ERRORS_SHOWN} more")
        super().__init__("\n".join(self.lines))


def _error_text(error: FileError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message


def read_organization_file(path: Path) -> Organization:
    """Return the organization that a file describes; raises `InvalidFile` with all errors."""
    top = _load_yaml(path)
    wrong = list(file_schema.schema_errors(top))
    if wrong:
        raise InvalidFile(path, wrong)
    reader = _FileReader(path, top)
    found = reader.organization()
    if reader.errors:
        raise InvalidFile(path, reader.errors)
    return found


def _load_yaml(path: Path) -> Any:
    try:
        return bounded_yaml.load_yaml(bounded_reading.read_text(path, FILE_BYTES_MAX))
    except bounded_yaml.InvalidYaml as error:
        raise InvalidFile(
            path,
            [FileError(error.line, str(error), "one YAML document is needed, with each key once")],
        ) from error
    except bounded_reading.UnreadableFile as error:
        raise InvalidFile(path, [FileError(1, str(error))]) from error


class _FileReader:
    """Reads a file that matches the schema; collects its other errors."""

    def __init__(self, path: Path, top: Any) -> None:
        self.top = top
        self.errors: list[FileError] = []
        self.documents = DocumentReader(path, self.errors.append)
        self.keys: dict[str, PolicyKey] = {}
        self.units: dict[str, PolicyTarget] | None = None

    def add(self, line: int, message: str, hint: str = "") -> None:
        self.errors.append(FileError(line, message, hint))

    def _add_all(self, errors: Iterable[FileError]) -> None:
        for each in errors:
            self.add(*each)

    def nearest_name(self, called: str, known: Iterable[str], otherwise: str) -> str:
        """Return a hint with the nearest known name, else `otherwise`.

        The search is slow, so it is skipped for errors that are not printed.
        """
        if len(self.errors) >= ERRORS_SHOWN:
            return otherwise
        close = difflib.get_close_matches(called, [str(each) for each in known], n=1)
        return f"did you mean `{close[0]}`?" if close else otherwise

    def organization(self) -> Organization:
        """Return the organization; the errors found on the way are in `errors`."""
        top = self.top
        policies = self._policies() if "policies" in top else None
        if "units" in top:
            self.units = {}
            self._units("/", top["units"])
        accounts = self._accounts()
        resource = top.get("resource-policy")
        found = Organization(
            root=self._target(top["root"], line_of_member(top, "root", 1))
            if "root" in top
            else None,
            units=self.units,
            accounts=accounts,
            lists_accounts="accounts" in top,
            policies=policies,
            types=frozenset(top["policy-types"]) if "policy-types" in top else None,
            services=frozenset(top["trusted-services"]) if "trusted-services" in top else None,
            resource_policy=""
            if resource is None
            else self.documents.resource_policy(top, "resource-policy"),
            has_resource_policy=resource is not None if "resource-policy" in top else None,
            identity_center=read_identity_center(top["identity-center"], self.documents)
            if "identity-center" in top
            else None,
        )
        self._add_all(consistency.type_errors(top, found))
        self._add_all(
            consistency.reference_errors(self.documents.documents, accounts, self.nearest_name)
        )
        return found

    def _policies(self) -> dict[PolicyKey, OrganizationPolicy]:
        found: dict[PolicyKey, OrganizationPolicy] = {}
        for called, given in self.top["policies"].items():
            line = line_of_member(self.top["policies"], called, 1)
            kind, name = given.get("type", SCP), given.get("name", called)
            policy = OrganizationPolicy(
                type=kind,
                name=name,
                content=self.documents.organization_policy(given, kind, called),
                description=given.get("description", ""),
                tags=dict(given.get("tags", {})),
            )
            if any(each.name == name for each in AWS_OWNED_POLICIES.values()):
                self.add(
                    line,
                    f"`{name}` is AWS's own policy",
                    "write full-aws-access: true or false on a target instead",
                )
            if policy.key in found:
                self.add(
                    line,
                    f"there are two policies `{name}` of type {kind}",
                    "rename one of them",
                )
            found[policy.key] = policy
            self.keys[called] = policy.key
        return found

    def _units(self, above: str, given: Mapping[str, Any]) -> None:
        assert self.units is not None  # noqa: S101 - it is made before the first unit
        for name, unit in given.items():
            path, line = child_path(above, name), line_of_member(given, name, 1)
            # Organizations API reference, "CreateOrganizationalUnit".
            if not 1 <= len(name) <= 128:  # noqa: PLR2004
                self.add(line, f"the name of unit {path} has from 1 to 128 characters")
            if path_depth(path) > quotas.ORGANIZATIONAL_UNIT_DEPTH_MAX:
                self.add(
                    line,
                    f"unit {path} is deeper than {quotas.ORGANIZATIONAL_UNIT_DEPTH_MAX} levels",
                )
            self.units[path] = self._target(unit or {}, line)
            self._units(path, (unit or {}).get("units", {}))

    def _target(self, given: Any, line: int) -> PolicyTarget:
        policies: set[PolicyKey] = set()
        for at, called in enumerate(given.get("policies", ())):
            here = line_of_member(given["policies"], at, line)
            if called in self.keys:
                policies.add(self.keys[called])
            elif called == FULL_ACCESS_NAME:
                self.add(
                    here, f"{FULL_ACCESS_NAME} is AWS's own", "say full-aws-access: true instead"
                )
            else:
                self.add(
                    here,
                    f"there is no policy `{called}`",
                    self.nearest_name(called, self.keys, "name it under `policies`"),
                )
        has_full = given.get("full-aws-access")
        if has_full is False and not any(each.type == SCP for each in policies):
            self.add(
                line_of_member(given, "full-aws-access", line),
                "without FullAWSAccess another service control policy has to be attached here",
                "name one under `policies`",
            )
        return PolicyTarget(dict(given.get("tags", {})), frozenset(policies), has_full)

    def _accounts(self) -> dict[str, Account]:
        found: dict[str, Account] = {}
        if "management" in self.top:
            line = line_of_member(self.top, "management", 1)
            found[MANAGEMENT] = self._account(self.top["management"], line)
        for at, given in enumerate(self.top.get("accounts", ())):
            line = line_of_member(self.top["accounts"], at, 1)
            key = fold_email(given["email"]) if "email" in given else given.get("id", "")
            if not key:
                self.add(
                    line,
                    "an account has no `email`",
                    "give its `email`, or the `id` of an existing account",
                )
            elif key in found:
                self.add(line, f"account {key} is there twice", "name it once")
            elif "id" not in given and "name" not in given:
                self.add(
                    line,
                    f"account {key} has no `name`",
                    "add the `name` to create it with",
                )
            elif "email" in given and not is_email(given["email"]):
                self.add(
                    line, f"{key} is not an address that AWS accepts", "use a plain ASCII address"
                )
            found[key] = self._account(given, line)
        self._add_all(consistency.account_errors(self.top, found))
        return found

    def _account(self, given: Any, line: int) -> Account:
        unit = given.get("unit", "/")
        if unit != "/" and self.units is not None and unit not in self.units:
            self.add(
                line_of_member(given, "unit", line),
                f"there is no unit {unit}",
                self.nearest_name(unit, self.units, "name it under `units`"),
            )
        role = given.get("access-role", ACCESS_ROLE)
        if not is_allowed_role_name(role):
            self.add(
                line_of_member(given, "access-role", line),
                f"a role of an account may not be called {role}",
            )
        return Account(
            email=given.get("email", ""),
            name=given.get("name", ""),
            id=given.get("id", ""),
            unit=unit,
            target=self._target(given, line),
            administers=frozenset(given.get("administers", ())),
            access_role=role,
            iam=read_account_iam(given, self.documents),
        )
