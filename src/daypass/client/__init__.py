"""Temporary credentials for people and programs, by a profile, from Daypass or AWS.

In: a profile as steps of STS (`profile`), the credentials that the first step is signed with
(`source_credentials`), the calls (`fetch`), the encrypted cache (`cache`) and the way to it that
loads no SDK (`cached_credentials`), the variables that go along (`endpoints`) and those that
earlier commands set in the shell (`exported_variables`), policies for explanations
(`account_policies`). Out: commands and formats (`daypass.cli`), how an account is read
(`daypass.aws`). No server is needed. Start with `profile`.
"""
