"""AWS Signature Version 4: reading, verifying and making signatures, on raw bytes.

One verifier for every route and form. What it does not know is refused, never anonymous and never somebody else's turn.
Sources: IAM user guide, "AWS Signature Version 4 for API requests"; S3 API reference, "Authenticating Requests".
"""
