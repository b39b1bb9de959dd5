"""What each API does: one package per AWS service, one file per noun, one function per operation.

An operation is a function from a snapshot of what is known to an answer and some changes. Services
do not know each other, HTTP or SQL; what two of them share is a rule, and rules live in `core`.
"""
