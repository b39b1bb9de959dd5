"""The checks of a document that is written: what AWS refuses to store, and likely mistakes.

In: `validate` (what AWS refuses for each kind of policy, by IAM's stages and messages, with
`syntax` for the grammar, `statement_rules` and `bucket_rules` for each statement,
`principal_hints` and `java_dates` beside them), `lint` and its parts (likely mistakes, by AWS's own
actions and keys from a `reference`), `finding_paths` (the place of a finding in the text).
Out: the meaning of a document (`language`); tag policies, and resource policies of an organization
(`core.organizations.policies`).
Start reading at `validate`.
"""
