"""The store on SQL: load everything, commit all or none, see what others have committed, and notice damage.

`sql` is the store, over `transactions` and `side_table_store` (what is kept outside the order of
commits); `sqlite_store` opens it in a SQLite file; `loading`, `tail` and `writing` are its parts,
`damage` goes on without what an operator has given up. `database_lock` and `foreign_writes` are
about other processes. Out: the tables (`state.schema`, `state.side_tables`).
Start with `sql`.
"""
