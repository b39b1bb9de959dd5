"""What the commands say: `daypass policy explain` and `daypass policy test`, run in this process."""

import json
from dataclasses import dataclass
from types import SimpleNamespace
from unittest import mock

from click.testing import CliRunner
from tests.properties.commands.generated import SESSION_NAME
from tests.server.read_world import NOW

from daypass.cli.policy import policy_explain, policy_test


@dataclass(frozen=True)
class Said:
    """Whether a command says that a request is allowed, and its reasons as data."""

    is_allowed: bool
    because: dict


class Commands:
    """The commands, with the policies of an example as files in a folder."""

    def __init__(self, folder):
        self._folder = folder
        self._runner = CliRunner()

    def explain(self, example, policies):
        """Return what `daypass policy explain` says, with the request given by options."""
        call = example.call
        arguments = ["--principal", example.who.principal, "--json"]
        arguments += ["--action", call.action, "--resource", call.resource]
        arguments += _credential_option(example)
        if example.who.name == "worker":
            arguments += ["--session-name", SESSION_NAME]
        for kind, listed in policies.items():
            for path in listed:
                arguments += [f"--{kind}", str(path)]
        for key, value in _context(example).items():
            is_list = isinstance(value, list)
            text = ",".join(value) if is_list else value
            arguments += ["--context-list" if is_list else "--context", f"{key}={text}"]
        with mock.patch.object(policy_explain, "time", SimpleNamespace(time=lambda: NOW)):
            done = self._runner.invoke(policy_explain.explain, arguments)
        assert done.exit_code in {0, 1}, done.output
        found = json.loads(done.stdout)
        assert (found["decision"] == "Allowed") is (done.exit_code == 0)
        return Said(done.exit_code == 0, found["because"])

    def test(self, example, policies):
        """Return whether `daypass policy test` finds that the caller may do it."""
        call = example.call
        principal = {
            "arn": example.who.principal,
            "tags": example.tags,
            "identity": [path.name for path in policies["identity"]],
        }
        if example.who.name == "worker":
            principal["session-name"] = SESSION_NAME
        else:
            principal["credential"] = example.who.credential
        for kind in ("boundary", "session"):
            if policies[kind]:
                principal[kind] = policies[kind][0].name
        file = {
            "principals": {"caller": principal},
            "tests": [{"who": "caller", "may": call.action, "on": call.resource}],
            "context": _context(example),
        }
        for kind in ("scp", "rcp"):
            if policies[kind]:
                file[kind] = [[path.name] for path in policies[kind]]
        if policies["resource-policy"]:
            entry = {"arn": call.resource, "policy": policies["resource-policy"][0].name}
            file["resources"] = {"target": entry}
        path = self._folder / "expectations.yaml"
        path.write_text(json.dumps(file))
        with mock.patch.object(policy_test, "time", SimpleNamespace(time=lambda: NOW)):
            done = self._runner.invoke(policy_test.test, ["--json", str(path)])
        assert done.exit_code in {0, 1}, done.output
        return json.loads(done.stdout)["met"]

    def policy_files(self, example):
        """Write the policies of an example; return their paths by the option that takes them."""
        is_member = example.who.account == example.call.account
        given = {
            "identity": example.identity,
            "boundary": [example.boundary],
            "session": [example.session],
            "resource-policy": [example.trust],
            # Bob's account is in another organization, whose SCPs are not enabled.
            "scp": example.scps if is_member else [],
            "rcp": example.rcps,
        }
        return {kind: self._write(kind, listed) for kind, listed in given.items()}

    def _write(self, kind, listed):
        paths = []
        for at, each in enumerate(listed):
            if each is not None:
                paths.append(self._folder / f"{kind}-{at}.json")
                paths[-1].write_text(json.dumps(each))
        return paths


def _credential_option(example):
    """Return the option for a kind of credential that is not the usual one of its principal."""
    usual = {"alice": "access-key", "bob": "access-key"}.get(example.who.name, "session")
    is_usual = example.who.credential == usual
    return [] if is_usual else ["--credential", example.who.credential]


def _context(example):
    """Return the condition keys that a command is told."""
    return {**example.known, **(example.circumstances if example.is_told else {})}
