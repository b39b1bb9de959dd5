"""How a call winds through the files, for whoever judges where a wall stands.

`make detours` prints it.
"""
