"""The store on SQL: loads everything, commits all or none, catches up with others, detects damage.

`sql_store` is the store, over `transactions` and `side_table_store` (the tables outside the order
of commits); `sqlite_store` opens it in a SQLite file (`sqlite_file`); `loading`, `tail` and
`apply_changes` are its parts, `damage` removes damaged records that an operator has given up.
`database_lock` and `foreign_writes` coordinate several processes. Out: the tables (`state.schema`,
`state.side_tables`). Start with `sql_store`.
"""
