"""What a server keeps between requests, under load: one kept answer in a thousand is worked out anew.

`make campaign ARGS=kept` takes it. `recomputed` is the load and its figures.
"""
