"""The error of a profile that does not lead to credentials, or whose endpoints cannot be exported with them."""


class CredentialsUnavailable(Exception):
    """A profile cannot be used as it is configured; `hint` says what to change."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
