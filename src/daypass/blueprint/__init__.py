"""The organization as a file: read, compared with what is there, planned, told and carried out through AWS's API alone.

`read` and `observe` end in the same `model`; `plan`, `outcome` and `effects` are pure; `carry_out` makes the calls. Nothing here
knows a server: it works against AWS as well.
"""
