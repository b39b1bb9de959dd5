"""The authority's rules, as pure functions and values: policies, signatures, sessions, records.

No module here opens a file, reads a clock, draws a random number or logs; time and random bytes are
arguments. Reading and storing state is `state`, AWS's wire formats are `wire`, the operations are
`services`. Start with `domain/record` for what is stored, `policy/` for how a request is decided,
`faults` for how an operation refuses.
"""
