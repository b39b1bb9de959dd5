"""A browser's upload form (POST Object): its fields and its file become an upload.

In: parsing the form (`form_fields`), its signer, its policy, and its answer (`form_upload`).

Out: the language of a form's policy (`core.form_policy`), the file until its end
(`gate.body.spool`).

Start reading at `form_upload`.
"""
