"""The organization as a file: read, compared with what exists, planned, shown and carried out through AWS's API alone.

`file/` and `observe/` both end in the values of `organization`; `plan/` is pure: the steps from one to the other, what becomes of
the organization by them, and who gains or loses what; `carry_out/` makes the calls, by the `api_clients`. `compare` is the order of
all that, `tell` its words. A server is never imported: all of it works against AWS as well. Start with `compare`.
"""
