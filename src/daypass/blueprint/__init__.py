"""An organization as a file: reading it, comparing, planning, printing and carrying out changes.

`file/` reads a file, and `observe/` the existing organization, into the values of `organization`,
with existing ids in `organization_ids`. `plan/` is pure: the steps from one to the other, their
outcome, and who gains or loses permissions. `carry_out/` makes the API calls, with `api_clients`.
`compare` puts these together, `wording` formats a plan. Out: reading IAM's entities and policies
(`daypass.aws`), the commands (`cli.organization`). No server is imported: all of it works against
AWS too. Start with `compare`.
"""
