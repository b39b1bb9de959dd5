"""Right answers to what real clients send: differential runs too long for the suite.

`make campaign ARGS=answers` takes them, a module for each part: `deformed` signs requests with two
independent signers and deforms them.
"""
