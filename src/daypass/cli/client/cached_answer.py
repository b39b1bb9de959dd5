"""The answer of `process`, `env` and `exec` from the cache, without click and an SDK.

An SDK waits for `process` before every command, a person for `env` and `exec`. Whatever is not
answered here, because the cache has no answer or the arguments are not of the usual form, is left
to the command itself, which gives the same answer more slowly.
"""

from daypass.cli.client import exported_profile, run_command
from daypass.cli.credential_formats import FORMATS, format_credentials
from daypass.client import cached_credentials, configuration_files, exported_variables
from daypass.client.private_files import UnsafeDirectory

TYPE_CHECKING = False  # `typing` takes longer to load than a cached answer
if TYPE_CHECKING:
    from collections.abc import Mapping

_PROFILE_OPTIONS = {"--profile": "profile", "-p": "profile"}
_OPTIONS = {
    "process": _PROFILE_OPTIONS,
    "env": {**_PROFILE_OPTIONS, "--format": "style"},
    "exec": _PROFILE_OPTIONS,
}
"""By command: the options that can be answered from the cache, and what each gives."""
_COMPLETION_VARIABLE = "_DAYPASS_COMPLETE"
"""Set by a shell that wants click's completions instead of an answer."""


def find_answer(command: str, arguments: list[str], environ: "Mapping[str, str]") -> str | None:
    """Return the text that a command prints, or run the program of `exec`, from the cache.

    None means that the command itself has to run. `environ` must be the process's own; it is not
    changed. Raises `CommandError` if the program cannot be run.
    """
    options, rest = _read_options(_OPTIONS[command], arguments)
    program = rest[1:] if rest[:1] == ["--"] else rest
    style = options.get("style", FORMATS[0]) if command == "env" else "process"
    if _COMPLETION_VARIABLE in environ or style not in FORMATS:
        return None
    if rest if command != "exec" else not _is_program(program):
        return None
    profile = options.get("profile") or configuration_files.requested_profile(environ)
    # A copy, because the command itself has to find what an earlier one exported too.
    own = dict(environ)
    removed = exported_variables.remove_exported(own, exported_variables.PROFILE_ORIGIN)
    try:
        entry = cached_credentials.find_cached_credentials(profile, own)
        if entry is None:
            return None
        variables: Mapping[str, str] = {}
        if command != "process":
            if entry.variables is None:
                return None
            variables = exported_profile.variables_to_export(entry.variables, own)
    except (OSError, UnsafeDirectory):
        return None
    exported = exported_profile.export(entry, variables, own, profile=profile, removed=removed)
    if command == "exec":
        named = profile or configuration_files.DEFAULT_PROFILE
        run_command.run_with_credentials(tuple(program), exported, own, DAYPASS_PROFILE=named)
    text = format_credentials(exported, style)
    # For other characters click may have to change the encoding of standard output.
    return text if text.isascii() else None


def _read_options(
    known: "Mapping[str, str]", arguments: list[str]
) -> tuple[dict[str, str], list[str]]:
    """Return the values of leading options, and the arguments from the first other one on.

    Options in a form that click may read otherwise, or that are given twice, are not read.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(arguments):
        name, equals, value = arguments[at].partition("=")
        after = at + 1
        if not equals:
            value = "".join(arguments[after : after + 1])
            after += 1
        elif not name.startswith("--"):
            break
        if known.get(name, "") in {"", *found} or value[:1] in {"", "-"}:
            break
        found[known[name]] = value
        at = after
    return found, arguments[at:]


def _is_program(arguments: list[str]) -> bool:
    """Say whether these are a program and its arguments; click decides about anything else."""
    return bool(arguments) and arguments[0][:1] not in {"", "-"}
