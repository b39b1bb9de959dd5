"""The authority: every call, by whatever door it comes, is proved, run, settled and recorded here.

In: the call and its outcome (`call`), who calls (`prove`, with a file in `schemes` for each way to
prove a caller; `unauthenticated` lists the operations that anybody may call), one run of a call
(`run`), facts from outside that a run needs (`facts`), commits (`settle`), the audit record
(`event_of_call`), and the order of these steps (`answer`).
Out: reading requests and writing responses (`server.http`, `wire`), what a proved caller may do
(`services.kit`), the gate's decisions (`gate`).
Start reading at `answer`, then `run`.
"""
