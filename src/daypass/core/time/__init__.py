"""Time as a value: AWS's text formats of a time, and a time that never goes back.

A time is a number of seconds since 1970, UTC, and always an argument. Reading a clock, and storing
the newest time for the next start, is `state.steady_clock`; what a jump of the wall clock means for
sessions, codes and locks stands where they are judged. Start with `timestamps`.
"""
