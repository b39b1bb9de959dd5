"""The checks of a document that is written: what AWS refuses to store, and likely mistakes.

In: `validate` (IAM's stages and messages, with `statement_rules` for each statement and
`java_dates` for dates), `lint` and its parts (likely mistakes, by AWS's own actions and keys from a
`reference`), `finding_paths` (the place of a finding in the text).
Out: the meaning of a document (`language`).
Start reading at `validate`.
"""
