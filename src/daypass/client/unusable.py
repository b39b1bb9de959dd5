"""What leads to no credentials, or to none that can be handed out."""


class Unusable(Exception):
    """A profile that leads to no credentials; `hint` says what to write."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
