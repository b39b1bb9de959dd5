"""A data directory as a whole: opened for a server, or read beside a running server.

`open_directory` takes the lock and opens key ring, database and audit log, all or none; `node_data`
is what one node then has. `unlocked_reading` is for commands, `first_start` makes a new authority,
`directory_errors` turns errors into one line with a hint. Out: what each file is (`state.files`)
and what the database holds (`state.database`). Start with `open_directory`.
"""
