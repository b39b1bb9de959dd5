"""What a server does by itself, through commits with an event like everybody else.

In: a file for each job, with its `JOB`: a name, a period, and a function from a snapshot to changes. `registry` walks this package for
them, so that another job is another file. `runner` looks at what is due, takes the lease and has the changes settled.
Out: who has a lease and what a commit may forget (`state.side_tables.leases`, `state.side_tables.leftovers`), and the rules of what is over (`core`).
Start reading at `job`.
"""
