"""A client that answers from a table and notes each call: what is read, and how often."""

from types import SimpleNamespace


class Recorded:
    """Answers by operation, or by operation and one parameter's value; listings have one page."""

    def __init__(self, answers):
        self._answers = answers
        self.calls = []

    def _answer(self, operation, params):
        self.calls.append(" ".join((operation, *params.values())))
        return self._answers[self.calls[-1]]

    def __getattr__(self, operation):
        return lambda **params: self._answer(operation, params)

    def get_paginator(self, operation):
        return SimpleNamespace(paginate=lambda **params: [self._answer(operation, params)])
