"""All records in memory, immutable: a view of each partition, with a table for each kind of record.

`directory` holds all partitions, `view` is one partition, `table` the records of one kind; `kinds`
finds the classes of records. `account_view` and `organization_view` derive more from their records
(`view_kinds` says which). `tracking_directory` is a directory that notes what a request reads. Out:
loading it from disk (`state.database.loading`) and committing changes (`state.committer`). Start
with `directory`.
"""
