"""Commands that give temporary credentials to people at a shell, to programs and to SDKs.

In: `env`, `exec_`, `process` and `forget`; their answer from the cache, which loads no click
(`cached_answer`); the options and the lookup that they share (`credentials`), what they export
(`exported_profile`), running a program with credentials (`run_command`), output that a shell
evaluates (`shell_command`). Out: getting credentials itself (`daypass.client`), output formats
(`cli.credential_formats`), a session as root on the server's own host (`cli.operator.root`). Start
with `credentials`.
"""
