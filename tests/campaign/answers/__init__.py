"""The right answers: what real clients send and what the commands say, beside an independent judge.

`make campaign ARGS=answers` takes all of it, `ARGS=answers.commands` one part. A figure that has to
be 0 names the cases that make it more. A run of the tests takes a slice of each part.
"""
