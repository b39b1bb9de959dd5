"""AWS Identity and Access Management: users, groups, roles, policies, access keys and MFA devices.

One file of operations per noun; rooms for `policies` and their `simulation`. What the operations
share: `lookup` finds the records that a request names, `resources` the ARNs that it acts on,
`views` makes the structures of answers, `entities` and `tagging` hold common steps.

Out: the records and their rules (`core.domain.iam`). Start with `users`.
"""
