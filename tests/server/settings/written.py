"""Writes the settings into `docs/settings.md`: `python -m tests.server.settings.written`."""

from pathlib import Path

from daypass.server.settings.all_settings import SETTINGS
from daypass.server.settings.setting import Setting, ValueKind

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
BEGIN = "<!-- Made from the code by `make settings`: what is written below is overwritten. -->"


def section() -> str:
    """Return the part of the page that is made from the declarations."""
    lines = [
        BEGIN,
        "",
        "## Options of `daypass up`",
        "",
        "| option | variable | without it | what it says | SIGHUP reads it again |",
        "| --- | --- | --- | --- | --- |",
    ]
    for each in SETTINGS:
        if each.flag:
            variable = f"`{each.variable}`" if each.variable else ""
            again = "yes" if each.is_reloadable else "no"
            lines.append(
                f"| `{_option(each)}` | {variable} | {_default(each)} | {_words(each)} | {again} |"
            )
    lines += [
        "",
        "## Variables without an option",
        "",
        "| variable | without it | what it says | who reads it |",
        "| --- | --- | --- | --- |",
    ]
    for each in SETTINGS:
        if not each.flag:
            lines.append(
                f"| `{each.variable}` | {_default(each)} | {_words(each)} | {each.read_by} |"
            )
    return "\n".join(lines) + "\n"


def _option(setting: Setting) -> str:
    if setting.kind is ValueKind.SWITCH:
        return setting.flag
    kinds = {
        ValueKind.PATH: "PATH",
        ValueKind.FILE: "FILE",
        ValueKind.NUMBER: "N",
        ValueKind.TEXT: "TEXT",
    }
    return f"{setting.flag} {setting.metavar or kinds[setting.kind]}"


def _default(setting: Setting) -> str:
    if setting.kind is ValueKind.SWITCH or setting.default in {None, ()}:
        return ""
    return f"`{setting.default}`"


def _words(setting: Setting) -> str:
    words = setting.help.replace("|", "&#124;")
    if setting.minimum is None:
        return words
    most = f" to {setting.maximum}" if setting.maximum is not None else " or more"
    return f"{words} {setting.minimum}{most}."


def page() -> str:
    """Return the whole page, its part that people write as it is."""
    return PAGE.read_text().partition(BEGIN)[0].rstrip("\n") + "\n\n" + section()


if __name__ == "__main__":
    PAGE.write_text(page())
