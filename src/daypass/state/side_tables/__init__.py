"""What a database keeps outside the order of commits: wrong guesses, last uses, leases of jobs, how far each node's audit log is.

One file per table or pair of tables, as functions of a connection. None of it is part of a snapshot, so that writing it makes nobody
decide again. Out: records and commits (`state.database`). Start with `nodes`.
"""
