"""Bounds of the gate. Source where none is named: S3 user guide and API reference; ours are marked."""

KEY_BYTES_MAX = 1_024
METADATA_BYTES_MAX = 2_048
PARAMETERS_MAX = 100  # ours
OBJECT_BYTES_MAX = 5 << 30  # one PUT, part or copy
DELETE_ENTRIES_MAX = 1_000
DELETE_BODY_BYTES_MAX = 8 << 20  # ours: a thousand keys of 1,024 bytes, escaped
COMPLETE_BODY_BYTES_MAX = 4 << 20  # ours
XML_BYTES_MAX = 256 << 10  # ours
XML_DEPTH_MAX = 16  # ours
XML_ATTRIBUTES_MAX = 8  # ours
PAGE_MAX = 1_000
PART_NUMBER_MAX = 10_000
BUCKET_TAGS_MAX = 50
UPSTREAM_ERROR_BYTES_MAX = 64 << 10  # ours
"""How much of a store's error is read."""
