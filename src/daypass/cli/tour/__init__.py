"""`daypass tour`: the whole practice on this machine, with real clients.

In: the order of it (`tour`, `tour_organization`), what is said and shown (`guide`), the server and
clients that it starts (`stage`). Start reading at `tour`.
"""
