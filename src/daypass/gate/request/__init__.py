"""What a request asks for: its path, query and headers, read once, as one operation of S3.

In: bucket and key (`target`), `parameters` and `arguments`, `headers` with their `vocabulary`, what
is known of an operation (`row`), which one a request names (`recognition`), what botocore's model
says of them (`model`, `schema`), all of it together (`resolved`).
Out: every row, with what its operation does (`gate.operations`), who sent the request
(`gate.authenticate`), its body (`gate.body`), a browser's form (`gate.forms`).
Start reading at `resolved`.
"""
