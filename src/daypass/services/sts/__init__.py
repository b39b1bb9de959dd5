"""AWS Security Token Service: the operations that issue temporary credentials or say who a caller is.

One file per operation or family. Out: what a session may have (`core.sessions.session_plan`),
making credentials (`core.sessions.mint`). Start with `assume_role`.
"""
