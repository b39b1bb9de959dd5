"""AWS Signature Version 2 of S3's presigned URLs (links) and upload forms, and of nothing else.

In: what a link (`link`) or a form (`form`) claims, and verifying it with the caller's secret
(`verify`). Out: looking up the secret (`server.authority.schemes.sigv2`), Signature Version 4
(`core.sigv4`). A part of a link that this version does not sign is refused, never ignored. Source:
S3 user guide, "Authenticating requests (AWS signature version 2)". Start with `link`.
"""
