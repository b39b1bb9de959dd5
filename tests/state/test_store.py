"""The store: a set of changes is committed as a whole and durably, or not at all."""

from tests.state.one_account import A, commit, take, user

from daypass.core.domain.iam.user import User
from daypass.core.faults import Conflict
from daypass.state.changes import Changes, Put, Remove
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.last_uses import LastUse
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Stale


def test_what_was_committed_is_loaded_again(store, tmp_path) -> None:
    directory = store.load(())
    [after] = commit(
        store,
        directory,
        Changes([Put(user("alice", groups=("g",))), Put(user("bob"))], read={A: 0}),
    )
    [after] = commit(
        store, after, Changes([Remove(user("bob"))], read={A: after.account(A).revision})
    )
    store.close()

    again = open_sqlite(tmp_path / "db")
    loaded = again.load(())
    assert [each.name for each in loaded.account(A).of(User)] == ["alice"]
    assert loaded.account(A).by_id(User, "AIDAalice").groups == ("g",)
    assert loaded.account(A).revision == after.account(A).revision
    assert loaded.revision == after.revision
    again.close()


def test_a_commit_on_an_old_revision_is_stale_and_changes_nothing(store) -> None:
    # T296-DATA
    directory = store.load(())
    [after] = commit(store, directory, Changes([Put(user("alice"))], read={A: 0}))
    [stale] = commit(store, after, Changes([Put(user("bob"))], read={A: 0}))

    assert isinstance(stale, Stale)
    assert [each.name for each in store.load(()).account(A).of(User)] == ["alice"]


def test_accounts_do_not_wait_for_each_other(store) -> None:
    other = User(account="444455556666", name="x", unique_id="AIDAX", created=1)
    outcomes = commit(
        store,
        store.load(()),
        Changes([Put(user("alice"))], read={A: 0}),
        Changes([Put(other)], read={"444455556666": 0}),
    )

    assert all(isinstance(each, Directory) for each in outcomes)


def test_a_ticket_is_taken_once_and_again_after_its_end(store) -> None:
    directory = store.load(())

    first, second = commit(
        store, directory, Changes(tickets=[take("a")]), Changes(tickets=[take("a")])
    )
    assert isinstance(first, Directory)
    assert isinstance(second, Conflict)
    [later] = store.commit(directory, [Changes(tickets=[take("a")])], now=2001).outcomes
    assert isinstance(later, Directory)


def test_a_refused_set_of_changes_leaves_no_trace(store) -> None:
    directory = store.load(())
    commit(store, directory, Changes(tickets=[take("b")]))
    [refused] = commit(
        store, directory, Changes([Put(user("alice"))], tickets=[take("a"), take("b")])
    )
    [taken] = commit(store, directory, Changes(tickets=[take("a")]))

    assert isinstance(refused, Conflict)
    assert isinstance(taken, Directory)
    assert not list(store.load(()).account(A).of(User))


def test_base_records_are_loaded_unless_the_store_has_newer_ones(store) -> None:
    commit(store, store.load(()), Changes([Put(user("alice", path="/own/"))]))
    loaded = store.load((user("alice"), user("bob")))

    assert {each.name: each.path for each in loaded.account(A).of(User)} == {
        "alice": "/own/",
        "bob": "/",
    }


def test_last_uses_are_kept(store) -> None:
    store.write_last_uses({})
    store.write_last_uses({"AKIA1": LastUse(5, "sts", "x")})
    store.write_last_uses({"AKIA1": LastUse(6, "iam", "x")})

    assert store.last_uses() == {"AKIA1": LastUse(6, "iam", "x")}
