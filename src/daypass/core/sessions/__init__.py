"""Temporary credentials: what a session may be (`plan`), how it is carried (`token`), where it may go (`reach`)."""
