"""What a person is told when a command cannot go on: what happened, and what to do."""


class CommandError(Exception):
    """An error for people, and further lines of it. `hint` says what to do.

    `code` is the exit code: 1 refused, 2 wrong use, 3 incomplete.
    """

    def __init__(self, message: str, *details: str, hint: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.details = details
        self.hint = hint
        self.code = code
