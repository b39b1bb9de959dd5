"""What is wrong with a document: what AWS refuses to store, and what is probably a mistake.

In: `validate` (IAM's stages and messages; `entry_formats` of resources and actions, `trust_checks`, `java_dates` as
IAM reads dates), `lint` and its parts (likely mistakes, with AWS's own actions and keys from
`reference`), `quoting` (the place in the text that a finding is about).
Out: what the document means (`language`).
Start reading at `validate`.
"""
