"""Users and tickets of one account, and commits of them to a store."""

from daypass.core.domain.iam.user import User
from daypass.core.faults import Conflict
from daypass.state.changes import TakeTicket, Ticket

A = "111122223333"


def user(name, **more):
    return User(account=A, name=name, unique_id=f"AIDA{name}", created=1, **more)


def commit(store, directory, *changes):
    """Commit sets of changes at once; return the outcome of each."""
    return store.commit(directory, changes, now=1000).outcomes


def take(key, expires=2000):
    return TakeTicket(Ticket("totp", key, expires), refused=Conflict("taken"))
