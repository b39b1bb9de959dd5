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
BUCKET_POLICY_BYTES_MAX = 20 << 10
UPSTREAM_ERROR_BYTES_MAX = 64 << 10  # ours
"""How much of a store's error is read."""
AT_ONCE_PER_ACCOUNT_MAX = 128  # ours: half of the connections to the store
PACE_SECONDS = 60.0  # ours: in any minute of waiting for a client …
PACE_BYTES_PER_SECOND = 64 << 10  # … it sends or takes so much, or is given up
FORM_FIELDS_BYTES_MAX = 20_000  # before the file, S3 API reference, "POST Object"
FORM_SILENT_BYTES_MAX = 64 << 10  # ours: before the first field, and behind the last
FORM_FIELDS_MAX = 100  # ours
FORM_FILE_BYTES_MAX = 64 << 20  # ours: the file of a form is kept until its length is known
FORM_IN_MEMORY_BYTES_MAX = 1 << 20  # ours: beyond it the file of a form waits on disk
LATE_ANSWER_BYTES_MAX = (
    64 << 10
)  # ours: an answer that may turn out to be an error is looked at up to here
LINGER_BYTES_MAX = 64 << 10  # ours: read from a client that is refused while it sends
LINGER_SECONDS_MAX = 1.0  # ours
OBJECT_TAGS_MAX = 10
TAG_KEY_CHARACTERS_MAX = 128
TAG_VALUE_CHARACTERS_MAX = 256
