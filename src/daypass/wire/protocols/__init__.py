"""AWS's three protocols, compiled from a service's botocore model.

In: `query` (a form in, XML out), `json11` (JSON 1.1) and `restjson` (rest-json); `jsonvalues` and
`scalars` are what these share. Out: finding the operation of a request (`wire.catalog`), validation
(`wire.validate`), pages (`wire.paginate`) and errors (`wire.error_response`). Start with `json11`,
the shortest.
"""
