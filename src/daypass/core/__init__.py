"""What is true: policies, signatures, tokens, sessions, names and quotas, as pure functions and values.

Nothing in here opens a file, reads a clock, draws a random number or logs; time and entropy arrive as arguments.
"""
