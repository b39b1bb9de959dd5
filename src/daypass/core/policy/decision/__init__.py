"""Whether a call is allowed: documents compiled to statements, sets of them, and the one order in which they decide.

In: `compile` (a document's statements), `policy_sets` (indexed by action), `levels` (of an organization), `decide`, `refusal` (AWS's words), and
what is kept of a refusal (`sealed`, policies by their hashes: `references`).
Out: what a policy says (`language`), why, told later (`explanation`).
Start reading at `decide`.
"""
