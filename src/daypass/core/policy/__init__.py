"""The policy engine: documents read strictly, compiled once, evaluated without guessing.

Unknown means no: an operator, element, key or version that is not understood never allows. Source of the rules: AWS IAM
user guide, "Policy evaluation logic" and "IAM JSON policy elements reference".
In: `language` (what a document says), `decision` (whether a call is allowed), `explanation` (why), `checks` (what is wrong with a document).
Out: which policies bear on a call (`services.kit`), the engine for other programs (`daypass.policy`).
Start reading at `decision.decide`.
"""
