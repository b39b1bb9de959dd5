"""Commands for whoever uses credentials: people at a shell, programs, SDKs.

In: `env`, `exec_`, `process` and `forget`; where their credentials come from (`credentials`), how
they are handed to a program (`child`) or printed for a shell (`for_shells`).
Out: getting credentials itself (`daypass.client`), a session as root on the server's own host
(`operator.root`).
Start reading at `credentials`.
"""
