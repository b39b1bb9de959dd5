"""The settings of Daypass, each declared once.

In: how a setting is declared (`setting`), the server's configuration, which declares a setting at
each of its fields (`config`), the parsers of values (`setting_values`), the check for settings that
contradict each other (`contradictions`), and the table of all settings (`all_settings`). The
options of `daypass up`, the check for unknown variables and `docs/settings.md` are made from that
table. A variable that fills no field is declared there.
Out: what SIGHUP reads again (`server.reload`), the command-line options (`cli.operator.up`).
Start reading at `config`.
"""
