"""The policy language: parsing a document, and the meaning of each of its elements.

In: the parsed document (`parse`, `model`, `positions`), patterns (`globs`, `patterns`), and the
elements: `actions`, `resources`, `principal_element` (how strongly a policy names a caller) with
`principal` (the caller), `conditions` with `operators` and `condition_values`, `referenced_keys`
(the condition keys that documents use), `undocumented_rules` (where AWS's documentation is silent),
`stored_principals` (users and roles by unique id in stored policies).
Out: whether a request is allowed (`decision`), whether a document may be stored (`checks`).
Start reading at `parse`, then `model`.
"""
