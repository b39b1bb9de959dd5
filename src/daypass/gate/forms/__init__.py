"""A browser's form: its fields and its file, turned into an upload like any other.

In: reading the form (`form_fields`), who signed it, whether it keeps to its policy, and how it is
answered (`form_upload`). Out: what the policy may say (`core.form_policy`), the file while it waits
(`gate.body.spool`).
Start reading at `form_upload`.
"""
