"""Commands for whoever keeps an organization as a file: `apply` and `export`, and the file that both read and write (`organization_file`).

Out: comparing and changing the organization (`daypass.blueprint`).
Start reading at `apply`.
"""
