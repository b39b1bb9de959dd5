"""What can be set about Daypass, each setting declared once.

In: what is said of a setting (`setting`), the server's typed values, each declared at its field (`config`), and all settings in one table (`table`), from
which the options of `daypass up`, the check of unknown variables and `docs/settings.md` are made. A variable that fills no field is
declared in `table`.
Out: what a signal has read again (`server.reload`), the option on the command line (`cli.operator.up`).
Start reading at `config`.
"""
