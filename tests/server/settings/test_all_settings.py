"""Each setting is declared once, is read by code, and is taken as it is declared."""

import asyncio
import re
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import click
import pytest

from daypass.cli.main import cli
from daypass.cli.operator import options
from daypass.cli.operator import up as command
from daypass.server import reload
from daypass.server.settings import all_settings
from daypass.server.settings.all_settings import SETTINGS, check_environment
from daypass.server.settings.config import DEFAULT_DATA, Config, S3Store
from daypass.server.settings.contradictions import check_config
from daypass.server.settings.setting import Setting, ValueKind, declared_settings
from daypass.server.settings.setting_values import Misconfigured

SRC = Path(__file__).parents[3] / "src" / "daypass"
NAMES = [each.name for each in SETTINGS]
FLAGS = [each for each in SETTINGS if each.flag]


def sources():
    """Return the text of every module but those that declare settings."""
    return "\n".join(
        path.read_text()
        for path in SRC.rglob("*.py")
        if path.parent.name != "settings" or path.name == "config.py"
    )


SOURCES = sources()
CONFIG = (SRC / "server" / "settings" / "config.py").read_text()
CHECKS = CONFIG.partition("def is_tls")[2]
ELSEWHERE = SOURCES.replace(CONFIG, CHECKS)


def is_looked_up(variable, text):
    """Say whether code names a variable, as a string or to set it for another program."""
    return re.search(rf'"{variable}"|, {variable}=[a-z]', text) is not None


def is_read(setting, text):
    """Say whether code reads each field of a setting, or its variable if it fills no field."""
    if not setting.fields:
        return is_looked_up(setting.variable, text)
    places = [each if "." in each else f"config.{each}" for each in setting.fields]
    return all(re.search(rf"\b_?{re.escape(each)}\b", text) for each in places)


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMES)
def test_every_setting_is_read_by_somebody(setting) -> None:
    assert is_read(setting, ELSEWHERE)


@pytest.mark.parametrize("setting", [each for each in SETTINGS if not each.flag and each.fields])
def test_a_variable_that_fills_a_field_is_read(setting) -> None:
    assert is_looked_up(setting.variable, ELSEWHERE)


@pytest.mark.parametrize(
    "setting",
    [
        Setting(variable="DAYPASS_NOBODY", help="…"),
        Setting(flag="--x", help="…", fields=("nobody_reads_this",)),
        Setting(flag="--x", help="…", fields=("host", "nobody_reads_this")),
    ],
)
def test_a_setting_that_nobody_reads_is_found(setting) -> None:
    assert not is_read(setting, ELSEWHERE)


@pytest.mark.parametrize("kind", ["flag", "variable", "parameter"])
def test_no_two_settings_share(kind) -> None:
    names = [name for each in SETTINGS if (name := getattr(each, kind))]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMES)
def test_every_setting_has_a_name_and_a_sentence_of_help(setting) -> None:
    assert re.fullmatch(r"--[a-z0-9-]+", setting.flag) or (not setting.flag and setting.variable)
    assert re.fullmatch(r"(?:DAYPASS_[A-Z0-9_]+)?", setting.variable)
    assert re.fullmatch(r"[A-Z`].*\w.*[.)]", setting.help)


def test_every_field_of_the_configuration_is_filled_by_one_setting() -> None:
    filled = [field for each in SETTINGS for field in each.fields]
    own = [each.name for each in fields(Config) if each.name != "store"]
    of_the_store = [f"store.{each.name}" for each in fields(S3Store)]

    assert sorted(filled) == sorted(own + of_the_store)


def test_a_field_without_a_declaration_is_refused() -> None:
    @dataclass
    class Forgetful:
        said: Annotated[int, Setting(flag="--said", help="…")]
        unsaid: int = 0

    with pytest.raises(TypeError, match="the field unsaid of Forgetful declares no setting"):
        list(declared_settings(Forgetful))


def test_a_declaration_is_found_with_its_fields_and_its_default() -> None:
    both = Setting(flag="--both", default="1:2", help="…")

    @dataclass
    class Inner:
        deep: Annotated[str, Setting(flag="--deep", help="…")]

    @dataclass
    class Outer:
        one: Annotated[int, both]
        two: Annotated[int, both]
        inner: Inner | None = None
        last: Annotated[int, Setting(flag="--last", help="…")] = 7

    found = [(each.flag, each.fields, each.default) for each in declared_settings(Outer)]

    assert found == [
        ("--both", ("one", "two"), "1:2"),
        ("--deep", ("inner.deep",), None),
        ("--last", ("last",), 7),
    ]


def test_the_command_takes_every_flag_and_no_other() -> None:
    flags = [flag for each in command.up.params for flag in each.opts]

    assert flags == [each.flag for each in FLAGS]


@pytest.mark.parametrize("setting", FLAGS, ids=lambda each: each.flag)
def test_help_says_what_is_declared(setting) -> None:
    with click.Context(command.up) as context:
        _, words = options.command_option(setting).get_help_record(context)
    [variables] = re.findall(r"^(.*) set the options so named", command.HELP_TEXT, re.MULTILINE)
    [reloaded] = re.findall(r"SIGHUP rereads (.*)\.", command.HELP_TEXT)

    assert words.startswith(setting.help)
    assert (setting.flag in re.findall(r"--[a-z0-9-]+", reloaded)) is setting.is_reloadable
    assert not setting.variable or setting.variable in re.findall(r"DAYPASS_[A-Z0-9_]+", variables)


def commands(group):
    """Yield every command below a group of commands."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        yield from commands(found) if isinstance(found, click.Group) else [found]


def test_every_command_takes_a_variable_as_it_is_declared() -> None:
    by_variable = {each.variable: each for each in SETTINGS if each.variable}
    found = [
        each
        for one in commands(cli)
        for each in one.params
        if str(each.envvar).startswith("DAYPASS_")
    ]

    assert {each.envvar for each in found} == {each.variable for each in FLAGS if each.variable}
    for each in found:
        setting = by_variable[each.envvar]
        assert each.opts == [setting.flag]
        if isinstance(each.default, str):
            assert each.default == setting.default


def test_a_flag_of_no_setting_is_no_option_of_a_command() -> None:
    with pytest.raises(LookupError, match="no setting has the flag --dada"):
        options.takes_setting("--dada")


def test_a_flag_of_a_setting_means_that_setting_in_every_command() -> None:
    """A command may have no default where `up` has one; the flag always has the same meaning."""
    by_flag = {each.flag: each for each in FLAGS}
    others = [
        (one.name, each)
        for one in commands(cli)
        for each in one.params
        if one.name != "up" and each.opts[0] in {"--data", "--region", "--s3", "--s3-ca"}
    ]

    assert len(others) > 10
    for name, each in others:
        assert (each.envvar or "") == by_flag[each.opts[0]].variable, name


def configured(monkeypatch, *arguments, **environ):
    """Return the configuration that `daypass up` serves with."""
    served = []
    monkeypatch.setattr(command, "_serve", served.append)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    command.up.main(list(arguments), standalone_mode=False)
    return served[0]


def test_without_options_the_defaults_hold(monkeypatch) -> None:
    assert configured(monkeypatch) == Config(data=Path(DEFAULT_DATA), host="127.0.0.1", port=8090)


FIELDS = [
    (["--data", "d"], {"data": Path("d")}),
    (["--listen", "localhost:1"], {"host": "localhost", "port": 1}),
    (["--base-host", "a", "--base-host", "b"], {"base_hosts": ("a", "b")}),
    (["--region", "eu-west-1"], {"region": "eu-west-1"}),
    (["--account", "123456789012"], {"account": "123456789012"}),
    (["--email", "root@example.com"], {"email": "root@example.com"}),
    (["--tls-cert", "c", "--tls-key", "k"], {"tls_certificate": Path("c"), "tls_key": Path("k")}),
    (["--plain-http"], {"plain_http": True}),
    (["--anonymous-reads"], {"anonymous": True}),
    (["--durable-audit"], {"durable_audit": True}),
    (["--calls-per-second", "0"], {"calls_per_second": 0}),
    (["--workers", "3"], {"workers": 3}),
    (["--accounts-max", "20"], {"accounts_max": 20}),
    (["--removal-wait-days", "4"], {"removal_wait_days": 4}),
    (["--accept-damage", "r"], {"accept_damage": ("r",)}),
]


@pytest.mark.parametrize(("arguments", "expected"), FIELDS, ids=lambda each: str(each)[:40])
def test_an_option_fills_its_field_alone(arguments, expected, monkeypatch) -> None:
    plain = configured(monkeypatch)
    config = configured(monkeypatch, *arguments)

    changed = {
        each.name: getattr(config, each.name)
        for each in fields(Config)
        if getattr(config, each.name) != getattr(plain, each.name)
    }
    assert changed == expected


def test_the_store_is_filled_from_options_and_variables(monkeypatch, tmp_path) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.write_text("")
    monkeypatch.setattr("daypass.server.operator.store_check.check_store", lambda config: None)
    config = configured(
        monkeypatch,
        *("--s3-ca", str(authorities), "--s3-adopt", "b", "--s3-accept", "f"),
        *("--s3-kms-keys", "default", "--no-sigv2"),
        DAYPASS_S3="https://store.example",
        DAYPASS_S3_ACCESS_KEY_ID="id",
        DAYPASS_S3_SECRET_ACCESS_KEY="key",
        DAYPASS_S3_REGION="eu-west-1",
    )

    assert config.store == S3Store("https://store.example", "id", "key", "eu-west-1", authorities)
    assert config.s3_adopt == ("b",)
    assert config.s3_accept == ("f",)
    assert config.s3_kms_keys == {"default"}
    assert config.no_sigv2


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--calls-per-second", "-1"),
        ("--workers", "0"),
        ("--workers", "65"),
        ("--accounts-max", "0"),
        ("--removal-wait-days", "-1"),
    ],
)
def test_a_number_out_of_its_bounds_is_refused(option, value, monkeypatch) -> None:
    with pytest.raises(click.BadParameter, match="is not in the range"):
        configured(monkeypatch, option, value)


def test_a_misspelt_variable_is_refused_and_every_declared_one_is_taken() -> None:
    # T340-OPS
    check_environment({each.variable: "x" for each in SETTINGS if each.variable} | {"PATH": "x"})

    with pytest.raises(Misconfigured, match="DAYPASS_LISTN is not a setting") as refused:
        check_environment({"DAYPASS_LISTN": "x"})
    assert refused.value.hint == "did you mean DAYPASS_LISTEN?"


class Looked:
    """A configuration that notes which of its fields are looked at."""

    def __init__(self, config, seen, within=""):
        self._config, self._seen, self._within = config, seen, within

    def __getattr__(self, name):
        value = getattr(self._config, name)
        if isinstance(value, S3Store):
            return Looked(value, self._seen, f"{name}.")
        self._seen.add(f"{self._within}{name}")
        return value


def test_sighup_reads_exactly_the_reloadable_files(monkeypatch, tmp_path) -> None:
    # What is declared is found by what the reload looks at, and what it looks at is declared.
    seen = set()
    store = S3Store("https://store.example", "id", "key", certificates=tmp_path / "ca")
    config = Config(
        data=tmp_path,
        host="::1",
        port=1,
        tls_certificate=tmp_path / "c",
        tls_key=tmp_path / "k",
        store=store,
    )
    monkeypatch.setattr(reload.tls, "read_certificate", lambda certificate, key: None)
    monkeypatch.setattr("ssl.create_default_context", lambda cafile: None)
    again = reload.CertificateReloader(Looked(config, seen), None, None)
    seen.clear()

    asyncio.run(asyncio.to_thread(again._read))

    assert seen == {field for each in SETTINGS if each.is_reloadable for field in each.fields}


@pytest.mark.parametrize("setting", [each for each in SETTINGS if each.is_reloadable], ids=str)
def test_only_a_file_is_reloadable(setting) -> None:
    assert setting.kind in {ValueKind.PATH, ValueKind.FILE}


def test_showing_help_loads_none_of_the_server_s_heavy_parts() -> None:
    heavy = [
        "aiohttp",
        "asyncio",
        "botocore",
        "cryptography",
        "daypass.gate",
        "daypass.services",
        "daypass.state",
        "daypass.wire",
        "sqlalchemy",
        "ssl",
        "uvicorn",
    ]
    script = (
        "import sys, daypass.cli.operator.up\n"
        f"print(*(each for each in {heavy} if each in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == []


def test_settings_are_checked_together() -> None:
    # T340-OPS
    given = {each.parameter: each.default for each in FLAGS} | {"listen": "192.0.2.1:1"}

    with pytest.raises(Misconfigured, match="would show sessions to the network"):
        check_config(Config(**all_settings.config_fields(given)))
