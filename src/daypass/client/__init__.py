"""Getting temporary credentials for a profile of `~/.aws/config`, from Daypass or from AWS itself.

In: the STS calls that a profile means (`credential_plan`), the credentials that sign the first of
them (`source_credentials`, `source_faults`), making the calls (`sts`), the encrypted cache
(`cache`, of `cache_entry`, `cache_primitives`, `private_files` and `lock_files`), which profile is
meant and where its files are (`configuration_files`), a lookup in the cache that loads
no SDK (`cached_credentials`), the variables for endpoints and region that are exported beside
credentials (`endpoints`), removing those that an earlier command exported (`exported_variables`),
policies of an account for explanations (`account_policies`). Out: commands and output formats
(`daypass.cli`), how an account is read (`daypass.aws`). No server is needed. Start with
`credential_plan`.
"""
