"""The records of IAM: users, groups, roles, managed policies, access keys and MFA devices, and the rules about each alone.

What an identity carries (inline and attached policies, a boundary) is `identity`; how much of it is `attachments`. The policies
themselves are read by `core.policy`. Start with `user`.
"""
