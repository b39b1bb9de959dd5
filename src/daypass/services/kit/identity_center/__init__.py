"""What the services of IAM Identity Center, and Organizations, share that needs a `Context`.

`standing` says what the caller's account is to an instance. Rules without a context are in
`core.identity_center`.
"""
