"""Crowds: what is done where more comes than can be answered.

In: how many connections there are and whose (`connections`), how many requests a turn of the event loop begins (`turns`), who is not read for a while
(`holds`), and a refusal for a small part of what an answer costs (`quick`), in the shape that its client reads (`shapes`).
Out: how often one caller may call (`server.authority.rates`), how much the gate keeps (`gate.room`).
Start reading at `turns`.
"""
