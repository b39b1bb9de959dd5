"""A store with the directory of its node, and records and changes to commit in it."""

from daypass.core.domain.iam.user import User
from daypass.core.faults import Conflict
from daypass.state.changes import Changes, Put, TakeTicket, Ticket

A, B = "111122223333", "444455556666"
O = "o-contract01"  # noqa: E741 - an organization beside two accounts
NOW = 1_000


def user(name, account=A, **more):
    return User(account=account, name=name, unique_id=f"AIDA{account}{name}", created=1, **more)


def names(directory, account=A):
    return [each.name for each in directory.account(account).of(User)]


def read(directory, *partitions):
    """Return the revisions of partitions, as the read set of a change."""
    return {name: directory.partition(name).revision for name in partitions}


def take(key, *, state=0, expires=2_000):
    return TakeTicket(Ticket("totp", key, expires, state), refused=Conflict("taken"))


def same(one, other):
    """Return whether two directories have the same records at the same revisions."""
    return seen(one) == seen(other)


def seen(directory):
    return directory.position, {
        name: (view.revision, [list(table) for table in view.tables()])
        for views in directory._views.values()
        for name, view in views.items()
        if view.revision
    }


class Node:
    """A store with its newest directory, as a committer has them."""

    def __init__(self, store):
        self.store = store
        self.directory = store.load(())

    def commit(self, *batch, now=NOW):
        """Commit sets of changes and return the outcome of each."""
        committed = self.store.commit(self.directory, batch, now=now)
        self.directory = committed.directory
        return committed.outcomes

    def put(self, *records, now=NOW):
        """Commit records, with a read set of the newest revisions of their partitions."""
        partitions = {each.account for each in records}
        changes = Changes([Put(each) for each in records], read=read(self.directory, *partitions))
        [outcome] = self.commit(changes, now=now)
        return outcome

    def catch_up(self):
        self.directory = self.store.catch_up(self.directory)
        return self.directory
