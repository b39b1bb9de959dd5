"""Read a file of `daypass policy test` and decide its expectations about principals."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daypass import policy
from daypass.cli.command_error import CommandError
from daypass.cli.policy.named_principal import principal_from_arn
from daypass.cli.policy.policy_files import DOCUMENT_BYTES_MAX, with_file_names
from daypass.core.policy.language.resources import requested_resource
from daypass.files import bounded_reading
from daypass.policy import action_names
from daypass.policy.assumed_request import (
    AssumedRequest,
    Assumption,
    CredentialKind,
    UnfitCredential,
    assume_request,
    owners_account,
)

FILE_BYTES_MAX = 4 * 1024 * 1024
"""The largest file of expectations; ours, as for an organization."""
EXPECTATIONS_MAX = 10_000
"""How many expectations a file may have, one for each action on each resource; ours: lists of both
multiply."""
MISTAKES_MAX = 20
"""How many actions that do not exist are reported; ours: each nearest name takes milliseconds."""
_FILE_MEMBERS = frozenset(
    {"actions", "principals", "resources", "scp", "rcp", "vpce", "context", "tests"}
)
_PRINCIPAL_MEMBERS = frozenset(
    {"arn", "session-name", "credential", "tags", "identity", "boundary", "session", "context"}
)
_RESOURCE_MEMBERS = frozenset({"arn", "account", "policy", "tags"})
_TEST_MEMBERS = frozenset({"name", "who", "may", "may-not", "on", "account", "context"})


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """A decided expectation: its name and line in the file, whether it is met, the explanation.

    `assumptions` are what its request was assumed to carry.
    """

    name: str
    line: int
    is_met: bool
    explanation: policy.Explanation
    assumptions: tuple[Assumption, ...]

    @property
    def reliances(self) -> list[dict[str, Any]]:
        """Return by which statements a permission rests on absent keys, as data."""
        return policy.rests_on_absent(self.explanation)

    @property
    def asked_assumptions(self) -> tuple[Assumption, ...]:
        """Return what was assumed of the principal, and of keys that statements refer to."""
        asked = policy.asked_families(self.explanation)
        return tuple(
            each for each in self.assumptions if ":" not in each.key or each.key.lower() in asked
        )


class ExpectationFile:
    """A file of expectations, whose errors are raised as `CommandError` with their line."""

    def __init__(self, path: Path, *, now: int) -> None:
        """Read a file; `now` is the time of its requests, in seconds since 1970."""
        self.path = path
        self._now = now
        self._texts: dict[Path, str] = {}
        self._mistakes: dict[str, None] = {}
        self.members = self._members(_load_file(path), "the file", _FILE_MEMBERS)
        self.principals = self._members(self.members.get("principals", {}), "principals", None)
        self.resources = {
            name: self._members(each, f"resource {name}", _RESOURCE_MEMBERS)
            for name, each in self._members(
                self.members.get("resources", {}), "resources", None
            ).items()
        }

        self._own_actions = {
            str(each).lower() for each in _as_list(self.members.get("actions", []))
        }

    def run(self) -> Iterator[ExpectationResult]:
        """Yield the result of each expectation, in the order of the file.

        Raises `CommandError` at the end if actions do not exist.
        """
        tests = self.members.get("tests")
        if not isinstance(tests, list) or not tests:
            raise self.error_at("`tests` is a list of expectations", self.members)
        count = 0
        for at, test in enumerate(tests):
            if not isinstance(test, dict):
                raise self.error_on_line(_line_of_item(tests, at), "a test is a mapping")
            for each in self._run_test(self._members(test, "a test", _TEST_MEMBERS)):
                if (count := count + 1) > EXPECTATIONS_MAX:
                    raise self.error_at(f"a file has at most {EXPECTATIONS_MAX} expectations", test)
                yield each
        self._refuse_mistakes()

    def _run_test(self, test: Any) -> Iterator[ExpectationResult]:
        expected = [(True, test["may"])] if "may" in test else []
        expected += [(False, test["may-not"])] if "may-not" in test else []
        if not expected or "who" not in test:
            raise self.error_at("a test says `who`, and what they `may` or `may-not`", test)
        for allowed, actions in expected:
            for action in actions if isinstance(actions, list) else [actions]:
                for resource in _as_list(test.get("on", "*")):
                    yield self._decide(test, str(action), str(resource), allowed=allowed)

    def _decide(self, test: Any, action: str, resource: str, *, allowed: bool) -> ExpectationResult:
        names: dict[str, str] = {}
        try:
            data, assumptions = self._question(test, action, resource, names)
            asked = policy.question_from_data(data)
        except policy.Malformed as fault:
            raise self.error_at(with_file_names(fault.message, names), test) from fault
        self._check_action(action, test)
        explanation = policy.explain(policy.with_policy_names(asked, names))
        verb = "may" if allowed else "may not"
        name = (
            f"{test.get('name', '')}: ".removeprefix(": ")
            + f"{test['who']} {verb} {action} on {resource}"
        )
        is_met = explanation.decision.allowed is allowed
        return ExpectationResult(name, _line_of_value(test), is_met, explanation, assumptions)

    def _check_action(self, action: str, test: Any) -> None:
        """Note an action that does not exist: what nobody may do is never allowed either."""
        if action.lower() in self._own_actions or len(self._mistakes) >= MISTAKES_MAX:
            return
        mistake = action_names.unknown_action(action)
        if mistake:
            self._mistakes[f"{self.path}:{_line_of_value(test)}: {mistake}"] = None

    def _refuse_mistakes(self) -> None:
        """Raise the error for all actions that do not exist, each with its line."""
        if self._mistakes:
            first, *others = self._mistakes
            raise CommandError(
                first,
                *others,
                hint="`actions: [service:Name]` in the file lists actions of your own",
                code=2,
            )

    def _question(
        self, test: Any, action: str, resource: str, names: dict[str, str]
    ) -> tuple[dict[str, Any], tuple[Assumption, ...]]:
        """Return the question of one expectation, with what was assumed about its request."""
        who = str(test["who"])
        given = self.principals.get(who)
        if given is None:
            given = {"arn": who}
        given = self._members(given, f"principal {who}", _PRINCIPAL_MEMBERS)
        if "arn" not in given:
            raise self.error_at(f"principal {who} has no `arn`", given)
        principal, about_principal = principal_from_arn(
            str(given["arn"]), str(given.get("session-name", ""))
        )
        resource_entry = self._resource_of_arn(resource)
        account, about_owner = owners_account(resource, principal.get("account", ""))
        if given_account := test.get("account") or resource_entry.get("account"):
            account, about_owner = str(given_account), ()
        assumed = self._assume(given, principal, resource, account)
        assumed = assumed.with_keys(self._tag_keys("aws:ResourceTag", resource_entry))
        for more in (self.members, given, test):
            assumed = assumed.with_keys(
                _context_keys(self._members(more.get("context", {}), "context", None))
            )
        request = {
            "principal": principal,
            "action": action,
            "resource": requested_resource(action, resource),
            "resource_account": account,
            "context": assumed.json_keys(),
        }
        policies = self._policies(given, resource_entry, names)
        return {"v": 1, "request": request, "policies": policies}, (
            *about_principal,
            *about_owner,
            *assumed.assumptions,
        )

    def _assume(
        self, given: Any, principal: dict[str, str], resource: str, account: str
    ) -> AssumedRequest:
        """Return the condition keys of a principal's request on a resource of an account."""
        try:
            return assume_request(
                policy.principal_from_data(principal),
                resource=resource,
                account=account,
                now=self._now,
                credential=CredentialKind(given["credential"]) if "credential" in given else None,
            ).with_keys(self._tag_keys("aws:PrincipalTag", given))
        except UnfitCredential as error:
            raise self.error_at(str(error), given) from error
        except ValueError as error:
            kinds = ", ".join(CredentialKind)
            raise self.error_at(f"`credential` is one of {kinds}", given) from error

    def _tag_keys(self, prefix: str, given: Any) -> dict[str, str]:
        tags = self._members(given.get("tags", {}), "tags", None)
        return {f"{prefix}/{key}": _value_text(value) for key, value in tags.items()}

    def _resource_of_arn(self, resource: str) -> Any:
        """Return the file's entry for the ARN or its longest parent; empty if the file has none."""
        fitting = [
            each
            for each in self.resources.values()
            if resource == each.get("arn") or resource.startswith(f"{each.get('arn')}/")
        ]
        found: Any = max(fitting, key=lambda each: len(each["arn"]), default={})
        return found

    def _policies(self, given: Any, resource_entry: Any, names: dict[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "identity": self._documents(given.get("identity", []), "identity", names)
        }
        for kind in ("boundary", "session"):
            if kind in given:
                found[kind] = self._documents(_as_list(given[kind]), kind, names)
        if "policy" in resource_entry:
            found["resource"] = self._document(resource_entry["policy"], "policies.resource", names)
        for kind in ("scp", "rcp"):
            if kind in self.members:
                found[kind] = [
                    self._documents(_as_list(level), f"{kind}[{at}]", names)
                    for at, level in enumerate(self.members[kind])
                ]
        if "vpce" in self.members:
            found["vpce"] = self._documents(_as_list(self.members["vpce"]), "vpce", names)
        return found

    def _documents(self, listed: Any, place: str, names: dict[str, str]) -> list[Any]:
        return [
            self._document(each, f"policies.{place}[{at}]", names)
            for at, each in enumerate(_as_list(listed))
        ]

    def _document(self, given: Any, place: str, names: dict[str, str]) -> Any:
        if not isinstance(given, str):
            names[place] = f"the policy in {self.path}"
            return _as_json(given)
        path = self.path.parent / given
        names[place] = str(path)
        try:
            if path not in self._texts:
                self._texts[path] = bounded_reading.read_text(path, DOCUMENT_BYTES_MAX)
            return self._texts[path]
        except bounded_reading.UnreadableFile as error:
            raise CommandError(str(error), hint=f"it is named in {self.path}", code=2) from error

    def _members(self, value: Any, what: str, known: frozenset[str] | None) -> Any:
        if not isinstance(value, dict):
            raise self.error_at(f"{what} is a mapping", value)
        for name in value:
            if known is not None and name not in known:
                raise self.error_at(f"{what} has no `{name}`: {', '.join(sorted(known))}", value)
        return value

    def error_at(self, message: str, value: Any) -> CommandError:
        """Return the error for a mapping or list of the file, with its line."""
        return self.error_on_line(_line_of_value(value), message)

    def error_on_line(self, line: int, message: str) -> CommandError:
        """Return the error for a line of the file."""
        return CommandError(
            f"{self.path}:{line}: {message}",
            hint="daypass policy test --help shows a file",
            code=2,
        )


def _load_file(path: Path) -> Any:
    from daypass.files import bounded_yaml

    try:
        return bounded_yaml.load_yaml(bounded_reading.read_text(path, FILE_BYTES_MAX))
    except bounded_yaml.InvalidYaml as error:
        raise CommandError(
            f"{path}:{error.line}: {error}",
            hint="one YAML document is needed, with each key once",
            code=2,
        ) from error
    except bounded_reading.UnreadableFile as error:
        raise CommandError(str(error), code=2) from error


def _line_of_value(value: Any) -> int:
    place = getattr(value, "lc", None)
    return place.line + 1 if place is not None and place.line is not None else 1


def _line_of_item(listed: Any, at: int) -> int:
    """Return the line of a list's item, which for a plain text only the list records."""
    return int(listed.lc.item(at)[0]) + 1


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _as_json(value: Any) -> Any:
    """Return a YAML value as JSON values."""
    if isinstance(value, dict):
        return {str(key): _as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return value if isinstance(value, bool | int | float | None) else str(value)


def _context_keys(given: Any) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys of a mapping of the file, their values as text."""
    return {
        str(key): tuple(map(_value_text, value)) if isinstance(value, list) else _value_text(value)
        for key, value in given.items()
    }


def _value_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
