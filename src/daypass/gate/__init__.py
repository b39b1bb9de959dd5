"""The gate: enforcement in front of a real S3-compatible store."""
