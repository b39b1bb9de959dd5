"""What every door asks of the authority, whatever transport a call comes by.

In: who calls (`prove`, with a file in `schemes` for each way to prove it).
Out: reading a request and writing an answer (`server.asgi`, `wire`), what a proved caller may do (`services.kit`).
Start reading at `prove`.
"""
