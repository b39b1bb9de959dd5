"""The exception by which a command ends with a message, a hint and an exit code."""


class CommandError(Exception):
    """A command's failure: a message, further lines in `details`, and what to do as `hint`.

    `code` is the exit code: 1 refused, 2 wrong use, 3 incomplete.
    """

    def __init__(self, message: str, *details: str, hint: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.details = details
        self.hint = hint
        self.code = code
