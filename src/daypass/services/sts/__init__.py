"""AWS Security Token Service: operations that issue temporary credentials or identify callers.

One file per operation or family. Out: what a session may have (`core.sessions.session_plan`),
making credentials (`core.sessions.mint`). Start with `assume_role`.
"""
