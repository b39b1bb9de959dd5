"""What can be set about Daypass, each setting declared once.

In: what is said of a setting (`setting`), and all of them in one table (`table`), from which the options of `daypass up`, the check of
unknown variables and `docs/settings.md` are made. A setting of the server is declared where its value is typed, at its field of
`server/config`; a variable that fills no field is declared in `table`.
Out: values that contradict each other (`server/config`), and what a signal has read again (`server/reload`).
Start with `setting`.
"""
