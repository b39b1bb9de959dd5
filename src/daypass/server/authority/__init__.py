"""What becomes of a call, whatever door it comes by: one authority behind HTTP, the gate, and every door to come.

In: the call and its outcome (`call`), who calls (`prove`, a file in `schemes` for each way to prove it, `unauthenticated` for whom nobody
proves), one run (`run`), what a run needs from outside (`facts`), committing (`settle`), the audit record (`event`), and all of it together
(`answer`).
Out: reading a request and writing an answer (`server.http`, `wire`), what a proved caller may do (`services.kit`), the gate's decisions.
Start reading at `answer`, then `run`.
"""
