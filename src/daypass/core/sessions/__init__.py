"""Temporary credentials: what a session may have, its encrypted token, and its forbidden calls.

In: AssumeRole's rules (`session_plan`), making credentials (`mint`), the sealed token (`token`),
calls that no policy can allow to a kind of credential (`forbidden_calls`), AWS's formats of ids and
secrets (`keyids`), sealing stored secrets (`secrets`). Out: the operations (`services.sts`) and
looking a caller up (`services.kit.caller`). Start with `token`.
"""
