"""The body of a request: its framing, its checksums, and its bytes as they are verified.

In: what the headers announce of a body (`body_framing`), verifying it with its last piece held back
(`verified_body`), digests and checksums (`checksums`), the minimum speed of a client
(`client_pace`), a form's file on its way (`spool`).

Out: the sender (`authenticate`), how much is buffered whole at once (`buffer_quota`), the content
of a document (`documents`).

Start reading at `verified_body`.
"""
