"""The exception for profiles without usable credentials or with endpoints not to be exported."""


class CredentialsUnavailable(Exception):
    """A profile that cannot be used as it is configured; `hint` says what to change."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
