"""The records of IAM: users, groups, roles, managed policies, access keys and MFA devices.

`identity` is what users, groups and roles share: inline and attached policies, a boundary.
`attachments` checks how many policies there may be, `totp` verifies one-time codes. Parsing and
evaluating policies is `core.policy`, the operations are `services.iam`. Start with `identity`, then
`user`.
"""
