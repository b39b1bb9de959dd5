"""The organization file: reading it, with every error on its line, and writing it.

`file_schema` validates it against `schema.json`, `file_reader` reads it, with `document_reader` for
policy documents, `iam_reader` for accounts' IAM and `people_reader` for people, `consistency`
checks its parts against each other, `file_writer` and `people_writer` write it. Out: what
the values mean (`blueprint.organization`) and what differs from the existing organization
(`blueprint.plan`). Start with `file_reader`.
"""
