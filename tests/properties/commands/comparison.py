"""The commands beside a server: the same decision, or a difference that the command foretells."""

import tempfile
from collections import Counter
from pathlib import Path

from tests.properties.commands.command_side import Commands
from tests.properties.commands.generated import examples
from tests.properties.commands.server_side import Server


def compare(seed, count, key=""):
    """Return the differences over generated examples, and how often each kind of example came.

    With a `key`, every condition of the examples is on it.
    """
    differences, kinds = [], Counter()
    with tempfile.TemporaryDirectory(prefix="commands") as name:
        folder = Path(name)
        server, commands = Server(folder / "data"), Commands(folder)
        for number, example in enumerate(examples(seed, count, key)):
            files = commands.policy_files(example)
            is_allowed, said = server.allows(example), commands.explain(example, files)
            kinds[_kind(example, is_allowed)] += 1
            if said.is_allowed is not commands.test(example, files):
                differences.append((seed, number, "explain and test differ", example))
            if said.is_allowed is is_allowed:
                continue
            if example.is_told:
                differences.append((seed, number, "the server differs", example))
            elif not _is_foretold(said, example):
                differences.append((seed, number, "the difference is not foretold", example))
            else:
                kinds["differences that were foretold"] += 1
    return differences, kinds


def _kind(example, is_allowed):
    told = "told" if example.is_told else "untold"
    outcome = "allowed" if is_allowed else "denied"
    return f"{example.who.name} {example.who.credential} {example.call.operation} {told} {outcome}"


def _is_foretold(said, example):
    """Return whether the command names a key that it was not told as one that decides."""
    untold = {key.lower() for key in example.circumstances}
    named = {key for each in said.because.get("rests_on_absent", ()) for key in each["keys"]}
    if not said.is_allowed:
        named |= set(said.because["missing_keys"])
        named |= _variables(said.because["statements"])
    return bool({key.lower() for key in named} & untold)


def _variables(statements):
    """Return the keys of variables without a value, which a statement shows as they are written."""
    text = str([each.get("wanted") for each in statements]) + str(
        [each.get("conditions") for each in statements]
    )
    return {part.partition("}")[0] for part in text.split("${")[1:]}
