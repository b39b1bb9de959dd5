"""Commands for an organization that is kept as a file: `apply` and `export`.

In: both commands, and the options, API clients and errors that they share (`organization_api`).
Out: the file itself, comparing and changing (`daypass.blueprint`). Start with `apply`.
"""
