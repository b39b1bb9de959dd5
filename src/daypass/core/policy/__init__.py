"""The policy engine: documents read strictly, compiled once, evaluated without guessing.

Unknown means no: an operator, element, key or version that is not understood never allows. Source of the rules: AWS IAM
user guide, "Policy evaluation logic" and "IAM JSON policy elements reference".
"""
