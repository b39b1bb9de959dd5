"""The authority's state: the directory in memory, the store behind it, the data directory on disk.

`snapshot/` is the directory of all records, immutable, as a request reads it; `changes` are the
writes that a request stages. `store` is the contract of a store, `database/` its implementation on
SQL, over the tables of `schema/`; `side_tables/` are the tables that change outside the order of
commits. `committer` is the only writer of a node, and `pending_commits` wait for it. `files/` and
`data_directory/` are the files on disk and how they are opened.

Out: AWS's protocols and HTTP (`wire`, `server`), and the meaning of a record (`core`). Start with
`snapshot/directory`, then `store`.
"""
