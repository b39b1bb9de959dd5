"""The organization as a file: read, compared with what exists, planned, shown and carried out.

`file/` and `observe/` both end in the values of `organization`, with the `ids` of what exists.
`plan/` is pure: the steps from one to the other, what becomes of the organization by them, and who
gains or loses what. `carry_out/` makes the calls, by the `api_clients`. `compare` is the order of
all that, `wording` its words. Out: reading IAM's entities and policies (`daypass.aws`). A server is
never imported: all of it works against AWS as well. Start with `compare`.
"""
