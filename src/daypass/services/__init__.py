"""What each AWS API does: one package per service, one file per noun, one function per operation.

An operation is a function of a context (a snapshot of the directory, the caller, the time) and the
request's parameters: it returns the answer and stages its changes in the context. `kit` holds what
all operations use, `registry` lists the services. Services import neither each other nor HTTP nor
SQL; rules that two of them share are in `core`. Start with `kit.operation`.
"""
