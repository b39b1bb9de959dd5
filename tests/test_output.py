"""What others wrote steers no terminal and no CI system, and nothing that a command reads stops
it.
"""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from daypass.cli import output
from daypass.files import bounded_reading, bounded_yaml

PROGRAM = str(Path(sys.executable).parent / "daypass")
CLI = Path(__file__).parent.parent / "src" / "daypass" / "cli"

SHOWN = {
    "plain": ("reports/é ☃.csv", "reports/é ☃.csv"),
    "a colour": ("\x1b[31mred", r"\x1b[31mred"),
    "a title": ("\x1b]0;x\x07", r"\x1b]0;x\x07"),
    "an eight-bit escape": ("\x9b31m", r"\x9b31m"),
    "a line end": ("a\n::error::b\r", r"a\n::error::b\r"),
    "other line ends": ("a\u2028b\u2029c\x85d\x0be", r"a\u2028b\u2029c\x85d\x0be"),
    "another direction": ("a\u202eb\u2066c\u200fd", r"a\u202eb\u2066c\u200fd"),
    "what cannot be seen": ("a\u200bb\ufeffc\u00add\U000e0041", r"a\u200bb\ufeffc\xadd\U000e0041"),
    "half of a pair": ("a\udc80", r"a\udc80"),
    "a command at the start": ("::error::x", r"\x3a:error::x"),
    "a command after blanks": ("   ::add-mask::x", r"   \x3a:add-mask::x"),
    "colons elsewhere": ("arn:aws:s3:::b", "arn:aws:s3:::b"),
    "a command anywhere": ("a ##[error]b", r"a \x23#[error]b"),
    "Azure's command": ("##vso[task.setvariable]b", r"\x23#vso[task.setvariable]b"),
    "TeamCity's command": ("##teamcity[x]", r"\x23#teamcity[x]"),
    "a heading": ("## What", "## What"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "wanted"), SHOWN.values(), ids=SHOWN)
def test_a_line_is_shown_escaped(given, wanted, capsys) -> None:
    output.print_line(given)
    output.print_line("", output.Styled(given, fg="red"), err=True)

    assert capsys.readouterr() == (f"{wanted}\n", f"{wanted}\n")


@pytest.mark.parametrize(("given", "wanted"), SHOWN.values(), ids=SHOWN)
def test_json_is_the_same_value_in_a_spelling_that_can_be_shown(given, wanted, capsys) -> None:
    output.print_json({given: [given]}, indent=2)
    told = capsys.readouterr().out

    assert json.loads(told) == {given: [given]}
    assert all(line.isprintable() for line in told.split("\n"))
    assert "##[" not in told


def test_progress_is_one_short_line_that_only_clears_itself(capsys) -> None:
    output.show_progress(HOSTILE + "x" * 200)
    told = capsys.readouterr().err.removeprefix("\r\x1b[K")

    assert told.isprintable()
    assert len(told) == 78


def test_commands_write_in_one_place_alone() -> None:
    """`entry` answers an SDK before anything is loaded, `simulate` a program that waits for each
    line.
    """
    writes = re.compile(r"click\.(echo|secho|style)\(|\bprint\(|sys\.std(out|err)\.write\(")
    found = {path.name for path in CLI.rglob("*.py") if writes.search(path.read_text())}

    assert found == {"output.py", "entry.py", "policy_simulate.py", "main.py"}


# Files.


def zeros(path):
    return "/dev/zero"


def a_directory(path):
    return str(path)


def a_socket(path):
    import socket

    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path / "socket"))
    return str(path / "socket")


def too_large(path):
    with (path / "large").open("wb") as file:
        file.truncate(1 << 30)
    return str(path / "large")


def missing(path):
    return str(path / "none")


def not_text(path):
    (path / "latin").write_bytes(b"a\xe9")
    return str(path / "latin")


ODD = [
    (zeros, "is a device"),
    (a_directory, "is a directory"),
    (a_socket, "cannot be read: No such device or address"),
    (too_large, "has more than 10 bytes"),
    (missing, "cannot be read: No such file or directory"),
    (not_text, "is not UTF-8 at byte 1"),
]


@pytest.mark.parametrize(("make", "words"), ODD, ids=lambda each: getattr(each, "__name__", ""))
def test_a_file_that_cannot_be_taken_is_named_with_the_reason(make, words, tmp_path) -> None:
    name = make(tmp_path)

    with pytest.raises(bounded_reading.UnreadableFile, match=f"^{re.escape(name)} {words}"):
        bounded_reading.read_text(name, 10)


def test_a_file_may_have_as_many_bytes_as_its_bound_and_no_more(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)
    assert bounded_reading.read_bytes(path, 10) == b"x" * 10
    path.write_bytes(b"x" * 11)
    with pytest.raises(bounded_reading.UnreadableFile, match="more than 10 bytes"):
        bounded_reading.read_bytes(path, 10)
    assert bounded_reading.read_bytes("/dev/null", 10) == b""


def test_a_pipe_is_read_to_its_bound_and_does_not_wait_without_end() -> None:
    def from_pipe(content, *, is_open=False):
        read, write = os.pipe()
        os.write(write, content)
        if not is_open:
            os.close(write)
        try:
            return bounded_reading.read_bytes(f"/dev/fd/{read}", 10, seconds=0)
        finally:
            os.close(read)
            if is_open:
                os.close(write)

    assert from_pipe(b"some") == b"some"
    with pytest.raises(bounded_reading.UnreadableFile, match="more than 10 bytes"):
        from_pipe(b"x" * 1000)
    with pytest.raises(bounded_reading.UnreadableFile, match="nothing came"):
        from_pipe(b"some", is_open=True)


def test_a_pipe_that_nobody_writes_to_is_waited_for_no_longer_than_said(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(bounded_reading.UnreadableFile, match="nothing came within 0 seconds"):
        bounded_reading.read_bytes(tmp_path / "pipe", 10, seconds=0)
    with (
        pytest.raises(bounded_reading.UnreadableFile, match="nothing came within 0 seconds"),
        bounded_reading.open_stream(str(tmp_path / "pipe"), seconds=0),
    ):
        pass


def test_standard_input_has_the_same_bound(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x" * 11)))

    with pytest.raises(
        bounded_reading.UnreadableFile, match="standard input has more than 10 bytes"
    ):
        bounded_reading.read_text("-", 10)


# YAML.

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]\n" for at in range(1, 12)
)
REFUSED = {
    "a bomb of aliases": (BOMB, 6, "at most 200000 values"),
    "a bomb of merges": (BOMB.replace("[", "{<<: [").replace("]", "]}"), 6, "at most 200000 values"),
    "a list too deep": ("[" * 65 + "]" * 65, 1, "64 levels deep"),
    "a list that never ends": ("[" * 1_000_000, 1, "64 levels deep"),
    "a mapping too deep": ("".join(" " * at + "a:\n" for at in range(66)), 65, "64 levels deep"),
    "aliases too deep": ("a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*a" + "]" * 40, 2, "64 levels deep"),
    "too many values": ("- x\n" * 1_001, 1_000, "at most 1000 values"),
    "an alias to itself": ("a: &a [*a]", 1, "what it is part of"),
    "an anchor that is there twice": ("a: &a x\nb: &a y", 2, "is there twice"),
    "a key that is there twice": ("a: 1\na: 2", 2, "duplicate key"),
    "a number of six thousand digits": ("a: " + "1" * 6000, 1, "cannot be read"),
    "a thirteenth month": ("a: 2026-13-01", 1, "cannot be read"),
    "a zero byte": ("a: \0", 1, "not YAML"),
    "two documents": ("a: 1\n---\nb: 1", 3, "another document"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "words"), REFUSED.values(), ids=REFUSED)
def test_yaml_that_is_too_much_is_refused_on_its_line(text, line, words, monkeypatch) -> None:
    if "200" not in words:
        monkeypatch.setattr(bounded_yaml, "NODES_MAX", 1_000)
    with pytest.raises(bounded_yaml.InvalidYaml, match=words) as refused:
        bounded_yaml.load_yaml(text)

    assert abs(refused.value.line - line) <= 1


def test_yaml_is_refused_before_anything_is_built_of_it(monkeypatch) -> None:
    from ruamel.yaml.constructor import RoundTripConstructor

    def never(*_arguments, **_more):
        raise AssertionError

    monkeypatch.setattr(RoundTripConstructor, "construct_document", never)
    with pytest.raises(bounded_yaml.InvalidYaml, match="at most 200000"):
        bounded_yaml.load_yaml(BOMB)


def test_yaml_within_the_bounds_is_read_with_its_aliases() -> None:
    assert bounded_yaml.load_yaml("a: &a [1, 2]\nb: *a\nc: *a\n") == {
        "a": [1, 2],
        "b": [1, 2],
        "c": [1, 2],
    }
    assert bounded_yaml.load_yaml("[" * 64 + "]" * 64)


# Commands.

HOSTILE = "x\x1b]0;owned\x07\n::error::owned\u202e"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Sid": HOSTILE, "Effect": "Deny", "Action": f"s3:{HOSTILE}", "Resource": "arn:aws:s3:::b/*"}]}  # fmt: skip


def run(*arguments, text="", **more):
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **more},
    )


def assert_harmless(done):
    for each in (done.stdout + done.stderr).split("\n"):
        assert each.isprintable(), each
        assert not each.lstrip().startswith("::"), each
    assert "Traceback" not in done.stderr


EXPLAIN = ("policy", "explain", "--principal", "arn:aws:iam::111122223333:user/alice", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/x")  # fmt: skip


@pytest.fixture
def hostile(tmp_path):
    path = tmp_path / "::error::owned\n::error::\x1b[2J.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


def test_lint_shows_names_of_files_and_what_is_in_them_escaped(hostile) -> None:
    text, as_json, sarif = (
        run("policy", "lint", "--format", style, hostile) for style in ("text", "json", "sarif")
    )

    for done in (text, as_json, sarif):
        assert_harmless(done)
    assert json.loads(as_json.stdout)["file"] == str(hostile)
    [first, *_] = json.loads(as_json.stdout)["findings"]
    assert any(HOSTILE in each["message"] for each in json.loads(as_json.stdout)["findings"]), first
    uri = json.loads(sarif.stdout)["runs"][0]["results"][0]["locations"][0]["physicalLocation"][
        "artifactLocation"
    ]["uri"]
    assert uri == str(hostile)


def test_explain_shows_statements_escaped(tmp_path, hostile) -> None:
    denied = tmp_path / "deny.json"
    denied.write_text(
        json.dumps(
            {**DOCUMENT, "Statement": [{**DOCUMENT["Statement"][0], "Action": "s3:GetObject"}]},
            ensure_ascii=False,
        )
    )
    text = run(*EXPLAIN, "--identity", denied)
    as_json = run(*EXPLAIN, "--identity", denied, "--json")

    assert_harmless(text)
    assert_harmless(as_json)
    assert r"\u202e" in text.stdout
    assert json.loads(as_json.stdout)["because"]["sid"] == HOSTILE


def test_an_error_shows_what_it_names_escaped(hostile) -> None:
    for arguments in (
        ("env", "--profile", HOSTILE),
        ("policy", "test", hostile),
        ("apply", hostile),
        (HOSTILE,),
        ("policy", "explain", "--principal", HOSTILE, "--action", "s3:x", "--resource", "*"),
    ):
        done = run(*arguments)

        assert done.returncode == 2
        assert_harmless(done)


def test_policy_test_shows_names_escaped(tmp_path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        'tests:\n  - who: "arn:aws:iam::111122223333:user/a\\e[2J"\n    may: s3:GetObject\n    on: "arn:aws:s3:::b/\\u202E"\n'
    )

    done = run("policy", "test", path)

    assert done.returncode == 1
    assert_harmless(done)
    assert r"\x1b[2J" in done.stdout


def test_the_log_shows_what_callers_wrote_escaped(tmp_path) -> None:
    from daypass.server.audit.event import Event
    from daypass.server.audit.log_file import AuditLog

    event = Event(
        time=0, request="r", service="iam", operation="x", principal=HOSTILE, message=HOSTILE
    )
    log = AuditLog(tmp_path / "audit.log")
    log.append([event])
    log.close()

    text, as_json = (run("log", "show", "--data", tmp_path, *more) for more in ((), ("--json",)))

    assert_harmless(text)
    assert_harmless(as_json)
    assert r"\x1b]0;owned" in text.stdout
    assert json.loads(as_json.stdout)["event"]["message"] == HOSTILE


@pytest.mark.parametrize(
    "arguments",
    [
        ("policy", "lint"),
        (*EXPLAIN, "--identity"),
        ("policy", "explain"),
        ("policy", "test"),
        ("policy", "load"),
        ("policy", "simulate"),
        ("apply",),
    ],
    ids=" ".join,
)
def test_no_command_is_exhausted_by_a_device_or_a_large_file(arguments, tmp_path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 33)
    for path in ("/dev/zero", tmp_path / "large"):
        if arguments == ("policy", "simulate") and path != "/dev/zero":
            continue
        done = run(*arguments, path)

        assert done.returncode in {1, 2}, (path, done.stdout, done.stderr)
        assert done.stderr.startswith(("error: ", "Usage: ")) or done.stdout
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("apply",), ("policy", "test")], ids=" ".join)
def test_a_bomb_of_aliases_is_refused(command, tmp_path) -> None:
    (tmp_path / "bomb.yaml").write_text(BOMB)
    done = run(*command, tmp_path / "bomb.yaml")

    assert (done.returncode, "aliases counted as what they stand for" in done.stderr) == (2, True)
    assert "bomb.yaml:6:" in done.stderr


def test_a_policy_named_in_a_file_has_the_same_bounds(tmp_path) -> None:
    (tmp_path / "o.yaml").write_text(
        "version: 1\npolicies:\n  a:\n    content:\n      file: /dev/zero\n"
    )
    (tmp_path / "t.yaml").write_text(
        "principals:\n  a:\n    arn: arn:aws:iam::111122223333:user/a\n    identity: [/dev/zero]\ntests:\n  - who: a\n    may: s3:GetObject\n"
    )

    for arguments in (("apply", tmp_path / "o.yaml"), ("policy", "test", tmp_path / "t.yaml")):
        done = run(*arguments)
        assert (done.returncode, "/dev/zero is a device" in done.stderr) == (2, True), done.stderr


def test_lists_that_multiply_are_bounded(tmp_path) -> None:
    actions = "".join(f"      - s3:Get{at}\n" for at in range(200))
    on = actions.replace("s3:Get", "arn:aws:s3:::b/")
    (tmp_path / "t.yaml").write_text(
        f"tests:\n  - who: arn:aws:iam::111122223333:user/a\n    may:\n{actions}    on:\n{on}"
    )

    done = run("policy", "test", tmp_path / "t.yaml")

    assert (done.returncode, "at most 10000 expectations" in done.stderr) == (2, True)
