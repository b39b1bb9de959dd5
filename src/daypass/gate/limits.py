"""Bounds of the gate.

Source where none is named: S3 user guide and API reference; ours are marked.
"""

KEY_BYTES_MAX = 1_024
ID_BYTES_MAX = 1_024  # ours: of an upload or a version
ANNOTATION_NAME_BYTES_MAX = 512
METADATA_BYTES_MAX = 2_048
PARAMETERS_MAX = 100  # ours
OBJECT_BYTES_MAX = 5 << 30  # one PUT, part or copy
DELETE_ENTRIES_MAX = 1_000
DELETE_BODY_BYTES_MAX = 8 << 20  # ours: a thousand keys of 1,024 bytes, escaped
COMPLETE_BODY_BYTES_MAX = 4 << 20  # ours
XML_BYTES_MAX = 256 << 10  # ours
XML_DEPTH_MAX = 16  # ours
XML_ATTRIBUTES_MAX = 8  # ours
XML_TAG_BYTES_MAX = 16 << 10  # ours: one tag with its attributes, or one comment
XML_TEXT_CHARACTERS_MAX = 16 << 10  # ours: of one element; a key of 1,024 bytes, escaped, has 6,144
XML_ELEMENTS_MAX = 12_000  # ours: a thousand lifecycle rules of twelve elements
DELETE_ELEMENTS_MAX = 6 * DELETE_ENTRIES_MAX + 2  # an entry has five members at most
XML_SMALL_ELEMENTS_MAX = 256  # ours: errors and results of a store, tags of an object
XML_SLICE_BYTES = 4 << 10  # ours: parsed in one turn of the event loop; some 1,000 elements
SCHEMA_CHILDREN_PER_TURN = 256  # ours: rules, say, that are read in one turn of the event loop
PAGE_MAX = 1_000
BUCKETS_MAX = 10_000  # in one page of ListBuckets
PART_NUMBER_MAX = 10_000
COMPLETE_ELEMENTS_MAX = (
    6 * PART_NUMBER_MAX + 1
)  # ours: a part's number, ETag and up to three checksums
BUCKET_TAGS_MAX = 50
RESULT_BYTES_MAX = 8 << 20  # ours: a page of a thousand keys of 1,024 bytes, escaped
RESULT_ELEMENTS_MAX = 40_000  # ours: a page of a thousand objects with owner and checksums
RESULT_SECONDS_MAX = 60  # ours: from the head of a store's document to its end
LATE_ANSWER_SECONDS_MAX = 15 * 60  # ours: a copy, or a CompleteMultipartUpload
UPSTREAM_ERROR_BYTES_MAX = 64 << 10  # ours
"""How much of a store's error is read."""
AT_ONCE_PER_ACCOUNT_MAX = 128  # ours: half of the connections to the store
DECISION_SECONDS_MAX = 60  # ours: an upload that took longer is decided again before its last byte
PACE_SECONDS = 60.0  # ours: in any minute of waiting for a client …
PACE_BYTES_PER_SECOND = 64 << 10  # … it sends or takes so much, or is given up
FORM_FIELDS_BYTES_MAX = 20_000  # before the file, S3 API reference, "POST Object"
FORM_SILENT_BYTES_MAX = 64 << 10  # ours: before the first field, and behind the last
FORM_FIELDS_MAX = 100  # ours
FORM_FILE_BYTES_MAX = 64 << 20  # ours: the file of a form is kept until its length is known
FORM_IN_MEMORY_BYTES_MAX = 1 << 20  # ours: beyond it the file of a form waits on disk
FORM_SEGMENTS_MAX = 2 * FORM_FIELDS_MAX  # ours: parts of a form, those behind its file too
FORM_CONTENT_TYPE_BYTES_MAX = 1_024  # ours: `multipart/form-data` with a boundary of 70
PIECES_PER_TURN = 256  # ours: chunks of an upload that are verified in one turn of the event loop
FILES_MAX = 64  # ours: files of forms that are kept at once
FILE_BYTES_MAX = 1 << 30  # ours: together
FILES_PER_ACCOUNT_MAX = 16  # ours: a quarter, so that one account leaves room for others
FILE_BYTES_PER_ACCOUNT_MAX = 256 << 20  # ours: the same
DOCUMENTS_MAX = 1_024  # ours: XML and JSON bodies that are in memory at once
DOCUMENT_BYTES_MAX = 256 << 20  # ours: together
DOCUMENTS_PER_ACCOUNT_MAX = 128  # ours: as many as may be under way
DOCUMENT_BYTES_PER_ACCOUNT_MAX = 64 << 20  # ours: a quarter
LATE_ANSWER_BYTES_MAX = (
    64 << 10
)  # ours: an answer that may turn out to be an error is looked at up to here
WATCH_SECONDS = 5.0  # ours: between two looks at a store that answers …
WATCH_TROUBLE_SECONDS = 1.0  # … and at one that does not
WATCH_ANSWER_SECONDS_MAX = 5.0  # ours: what takes longer does not answer
LINGER_BYTES_MAX = 64 << 10  # ours: read from a client that is refused while it sends
LINGER_SECONDS_MAX = 1.0  # ours
OBJECT_TAGS_MAX = 10
TAG_KEY_CHARACTERS_MAX = 128
TAG_VALUE_CHARACTERS_MAX = 256
RECORDS_PER_TURN = 50
"""Audit records of one request that are written in one turn of the event loop; ours: some 0.5
ms."""
