"""What an administrator does to a person beside AWS's API: disable, enable, sign out.

Disabling and signing out end all that the person has opened: portal sessions, their tokens, role
sessions and what is chained from them. Source: IAM Identity Center user guide, "Disable user access
in IAM Identity Center" and "View and end active sessions for your workforce users"; that role
sessions end too is ours.
"""

from msgspec.structs import replace

from daypass.core.domain.identity_center.person import Person

ADMINISTRATOR = "administrator"
"""`Person.ended_by` if an administrator ended what the person had opened."""


def disable(person: Person, *, now: int, by: str) -> Person:
    """Return a person who can open no session any more, and whose open ones have ended.

    `by` is the ARN of who does it. A disabled person is returned as it is.
    """
    if not person.is_enabled:
        return person
    return replace(_changed(sign_out(person), now, by), is_enabled=False)


def enable(person: Person, *, now: int, by: str) -> Person:
    """Return a person who may sign in; what ended stays ended."""
    if person.is_enabled:
        return person
    return replace(_changed(person, now, by), is_enabled=True)


def sign_out(person: Person) -> Person:
    """Return a person whose sessions have all ended.

    `revision` stays, because no attribute of the person changes.
    """
    return replace(person, generation=person.generation + 1, ended_by=ADMINISTRATOR)


def _changed(person: Person, now: int, by: str) -> Person:
    return replace(person, revision=person.revision + 1, updated=now, updated_by=by)
