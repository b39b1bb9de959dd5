"""The organization file: reading it, with every error on its line, and writing it.

`file_schema` validates it against `schema.json`, `file_reader` reads it, with `document_reader` for
policy documents and `iam_reader` for accounts' IAM, `consistency` checks its parts against each
other, `file_writer` writes it. Out: what the values mean (`blueprint.organization`) and what
differs from the existing organization (`blueprint.plan`). Start with `file_reader`.
"""
