"""The body of a request: how it is framed, what it is checked against, and its bytes as they are verified.

In: what a request announces of its body (`framing`), the body on its way with its last byte held
back (`verified`), what it is summed up by (`checksums`), a form's file that waits for its end
(`spool`).
Out: who sent it (`authenticate`), how much is kept whole at once (`room`), how fast it has to come
(`pace`), what a document in it says (`documents`).
Start reading at `verified`.
"""
