"""AWS Signature Version 4: parsing, verifying and making signatures, on the raw bytes of a request.

In: the claim that a request or form makes (`claim`, `form`), its canonical form (`canonical`),
verifying it (`verify`), bodies in signed chunks (`chunked`), signing the gate's own requests
(`sign`). Out: looking up the secret (`server.authority.schemes`), links and forms of Signature
Version 2 (`core.sigv2`). One verifier serves every route; what it does not know is refused, never
treated as anonymous. Sources: IAM user guide, "AWS
Signature Version 4 for API requests"; S3 API reference, "Authenticating Requests". Start with
`claim`, then `verify`.
"""
