"""What the cached path reads in the arguments of a command is what click reads in them."""

import os

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daypass.cli.client import cached_answer, env, exec_, exported_profile, process
from daypass.cli.main import cli
from daypass.client import cached_credentials
from daypass.client.cache_entry import CacheEntry

COMMANDS = ("process", "env", "exec")
END = 2**33
WORDS = (
    "-p", "--profile", "--profile=a", "--profile=", "-pa", "-p=a", "--profil", "--format", "--format=fish",
    "--format=nothing", "a", "b", "env", "json", "", "-", "--", "-h", "--fresh", "--duration", "900",
    "--mfa-code=1", "ls", "-l",
)  # fmt: skip


@pytest.fixture
def told():
    """Two ways to read arguments, each of which answers with the profile that it is asked for."""

    def entry(profile, _environ):
        return CacheEntry(profile, "s", "t", END, variables={})

    def exported(profile, **_more):
        found = entry(profile, os.environ)
        return exported_profile.export(found, {}, os.environ, profile=profile, removed=())

    run = []
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_PROFILE", raising=False)
        patch.setattr(cached_credentials, "find_cached_credentials", entry)
        for module in (env, exec_, process):
            patch.setattr(module, "profile_credentials", exported)
        patch.setattr(os, "execvpe", lambda *given: run.append(given))
        yield run


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    command=st.sampled_from(COMMANDS),
    arguments=st.lists(st.sampled_from(WORDS), max_size=6),
    profile=st.sampled_from(["", "a", "from the environment"]),
)
def test_arguments_mean_to_the_cache_what_they_mean_to_click(
    told, command, arguments, profile
) -> None:
    def outcome(answer):
        told.clear()
        text = answer()
        return told[:] if told else text

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_PROFILE", profile)
        fast = outcome(lambda: cached_answer.find_answer(command, arguments, os.environ))
        if fast is None:
            return
        done = outcome(lambda: CliRunner().invoke(cli, [command, *arguments]).stdout)

    assert (fast if command == "exec" else fast + "\n") == done


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("process", []),
        ("process", ["--profile", "work"]),
        ("process", ["-p", "work"]),
        ("env", []),
        ("env", ["--format=fish", "-p", "work"]),
        ("exec", ["ls"]),
        ("exec", ["-p", "work", "--", "ls", "--", "-p"]),
    ],
)
def test_the_usual_arguments_are_answered_from_the_cache(told, command, arguments) -> None:
    answer = cached_answer.find_answer(command, arguments, os.environ)

    assert told or answer
