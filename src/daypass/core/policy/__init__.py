"""The policy engine: policies are parsed strictly, compiled once, and evaluated without guessing.

Whatever the engine does not understand never allows: an operator, element, key or version. Source
of the rules: AWS IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements
reference".

In: `language` (the meaning of a document's elements), `global_keys` (the condition keys that every
request carries), `decision` (whether a request is allowed), `explanation` (why), `checks`
(violations and lints of a document).
Out: which policies apply to a call (`services.kit`), the engine for other programs
(`daypass.policy`).
Start reading at `decision.decide`.
"""
