"""The policy language: one reading of a document, and what its elements mean one by one.

In: the document as data (`parse`, `model`, `positions`), patterns (`globs`, `match`), and each
element: `actions`, `resources`, `principal_element` (how strongly a policy names a caller) with
`principal` (the caller itself), `conditions` with `operators`, `written_values` (numbers, dates,
addresses) and `asked_keys`, `qualifiers` (what AWS leaves open), `trust` (users and roles kept by
id in trust policies). Out: whether a call is allowed (`decision`), whether a document may be stored
(`checks`).
Start reading at `parse`, then `model`.
"""
