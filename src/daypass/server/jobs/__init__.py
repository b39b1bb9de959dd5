"""Jobs that a server runs by itself: clean-up through commits, with an event in the audit log each.

In: one file per job, with its `JOB`: a name, a period, and a function from a snapshot to changes
(`job`). `registry` finds them by importing this package's modules, so that another job is another
file. `runner` runs what is due, takes the lease and settles the changes.

Out: the leases and what a commit may delete (`state.side_tables.leases`,
`state.side_tables.leftovers`), and the rules of what has expired (`core`).

Start reading at `job`.
"""
