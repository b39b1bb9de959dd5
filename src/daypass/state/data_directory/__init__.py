"""A data directory as a whole: opened for a server, all of it or none, or read beside a server that is using it.

`open_directory` takes the lock and opens ring, database and audit log; `node_data` is what one node then has. `beside` is for commands,
`first_start` makes a new authority, `explaining` says in a line why a directory cannot be used. Out: what each file is
(`state.files`) and what the database holds (`state.database`). Start with `open_directory`.
"""
