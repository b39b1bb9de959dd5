"""Everything that is known, in memory and immutable: a view of each partition, with a table for each kind of record.

`directory` is the whole, `view` a partition, `table` the records of a kind; `kinds` finds the classes of records. `account_view` and
`organization_view` derive more from their records (`view_kinds` says which). `recording` is a directory that notes what a run reads.
Out: reading it from disk (`state.database.loading`) and changing it on disk (`state.committer`). Start with `directory`.
"""
