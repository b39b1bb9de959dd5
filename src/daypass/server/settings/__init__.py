"""What can be set about Daypass, each setting declared once.

In: what is said of a setting (`setting`), the server's typed values, each declared at its field
(`config`), what their texts mean (`setting_values`) and which contradict each other
(`contradictions`), and all settings in one table (`all_settings`), from which the options of
`daypass up`, the check of unknown variables and `docs/settings.md` are made. A variable that fills
no field is declared in `all_settings`.
Out: what a signal has read again (`server.reload`), the option on the command line
(`cli.operator.up`).
Start reading at `config`.
"""
