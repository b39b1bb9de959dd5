"""What a person is told when a command cannot go on: what happened, and what to do."""


class Problem(Exception):
    """An error for people. `hint` says what to do; `code` is the exit code: 1 refused, 2 wrong use, 3 incomplete."""

    def __init__(self, message: str, *, hint: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code
