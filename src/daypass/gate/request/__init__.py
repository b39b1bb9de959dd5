"""Reading a request: its path, query and headers, parsed once, recognised as one operation of S3.

In: bucket and key (`request_target`), `query_parameters` and `query_arguments`, `headers` with
their `vocabulary`, what a presigned URL says of a body (`presigned_checksums`), the row of an
operation (`operation_row`), which operation a request names (`recognition`), what botocore's model
says of headers and documents (`operation_headers`, `schema`), all of it together
(`resolved_request`).

Out: the rows of all operations with their hooks (`gate.operations`), the sender
(`gate.authenticate`), the body (`gate.body`), a browser's form (`gate.forms`).

Start reading at `resolved_request`.
"""
