"""A data directory that cannot be used: what is wrong, and what to do."""


class Unusable(Exception):
    """The data cannot be used; nothing was changed. `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
