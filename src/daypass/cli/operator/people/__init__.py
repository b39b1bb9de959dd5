"""Commands about people and what they may reach: `person`, `assign`, `sign-in`.

In: a file for each command or two, and how they reach an instance of IAM Identity Center
(`identity_center`). What AWS's API can do is done by its own operations. Out: the other side of the
control socket (`server.operator`). Start with `identity_center`.
"""
