"""Tables outside the order of commits: guesses, last uses, leases of jobs, nodes and checkpoints.

One file per table or pair of tables, as functions of a connection. None of these tables is part of
a snapshot, so a write to them makes no request stale. Out: records and commits (`state.database`).
Start with `nodes`.
"""
