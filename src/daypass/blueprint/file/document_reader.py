"""Read policy documents of the file (mapping, text or `file:`), checked as the authority does."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from daypass.blueprint.file.file_schema import FileError
from daypass.blueprint.policy_texts import fill_references, find_references
from daypass.core import quotas
from daypass.core.faults import Fault, Malformed
from daypass.core.organizations.policies import policy_rules as rules
from daypass.core.policy.checks.validate import DocumentKind, quota_violations, validate_document
from daypass.core.policy.language.parse import read_json
from daypass.files import bounded_reading
from daypass.files.bounded_yaml import line_of_member

_STAND_INS = {"organization": "o-0123456789"}
_PATH_PART = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")


class DocumentReader:
    """Reads the policy documents of one file; `documents` collects all texts with their lines."""

    def __init__(self, path: Path, add: Callable[[FileError], None]) -> None:
        self.path = path
        self.add = add
        self.documents: list[tuple[int, str]] = []

    def organization_policy(self, given: Any, kind: str, called: str) -> str:
        """Return the text of an organization's policy, checked by the rules of its type."""
        return self._checked(
            given,
            "content",
            f"policy {called}",
            lambda text: rules.check_policy_content(kind, text),
        )

    def resource_policy(self, given: Any, key: str) -> str:
        """Return the text of the organization's resource policy.

        Only its JSON is checked; the authority decides which principals it may name.
        """
        return self._checked(given, key, "the resource policy", read_json)

    def iam_policy(self, given: Any, key: str, what: str, kind: DocumentKind) -> str:
        """Return the text of an IAM policy, checked by IAM's rules and quotas for its kind."""

        def check(text: str) -> None:
            validate_document(text, kind)
            for _, message, path in quota_violations(text, kind):
                raise Malformed(message, path=path)

        return self._checked(given, key, what, check)

    def _checked(self, given: Any, key: str, what: str, check: Callable[[str], object]) -> str:
        line = line_of_member(given, key, 1)
        value = given[key]
        name = ""
        if isinstance(value, dict) and set(value) == {"file"}:
            name = str(value["file"])
            text = self._beside(name, line)
            if text is None:
                return ""
        elif isinstance(value, dict):
            text = json.dumps(as_json(value), separators=(",", ":"), ensure_ascii=False)
        else:
            text = str(value)
        self.documents.append((line, text))
        stand_ins = _STAND_INS | {
            each: "000000000000" for each in find_references(text) if each not in _STAND_INS
        }
        try:
            check(fill_references(text, stand_ins))
        except Fault as fault:
            path, hint = getattr(fault, "path", ""), getattr(fault, "hint", "")
            where = f" ({path})" if path else ""
            place = f" in {name}" if name else ""
            self.add(
                FileError(
                    _line_of_path(value, path, line),
                    f"{what}{place}: {fault.message}{where}",
                    hint or "daypass policy lint explains it",
                )
            )
        return text

    def _beside(self, name: str, line: int) -> str | None:
        try:
            text = bounded_reading.read_text(
                self.path.parent / name, 4 * quotas.DOCUMENT_CHARACTERS_MAX
            )
        except bounded_reading.UnreadableFile as error:
            self.add(FileError(line, str(error), "the path is relative to this file"))
            return None
        if len(text) > quotas.DOCUMENT_CHARACTERS_MAX:
            self.add(FileError(line, f"{name} is longer than any policy may be"))
            return None
        return text


def as_json(value: Any) -> Any:
    """Return a YAML value as JSON values; a date such as a policy's Version becomes text."""
    if isinstance(value, dict):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else str(value)


def _line_of_path(value: Any, path: str, line: int) -> int:
    """Return the line of a part of a document, such as `Statement[0].Action`, or of its parent."""
    for name, number in _PATH_PART.findall(path):
        key: Any = int(number) if number else name
        if isinstance(value, dict) and key == 0:
            continue  # a single statement may stand without a list
        try:
            inner = value[key]
        except (KeyError, IndexError, TypeError):
            break
        line, value = line_of_member(value, key, line), inner
    return line
