"""What an authority knows: the directory in memory, the store behind it, and the data directory on disk.

`snapshot/` is the directory, immutable, as a run reads it; `changes` is what a run wants changed.
`store` is the contract of a store, `database/` the one there is, over the tables of `schema/`;
`side_tables/` are what is kept outside the order of commits. `commits` is a node's only writer, for
whom `waiting_changes` wait. `files/` and `data_directory/` are what lies on disk and how it is
opened.

Out: AWS's protocols and HTTP (`wire`, `server`), and what a record means (`core`). Start with
`snapshot/directory`, then `store`.
"""
