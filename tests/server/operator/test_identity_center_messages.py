"""What the control socket reads and changes of IAM Identity Center beside AWS's API."""

import pytest
from msgspec.structs import replace
from tests.server.operator.people import (
    ACCOUNT,
    ALICE,
    DEVELOPERS,
    MADE,
    READ_ONLY,
    instances,
    linked,
    locked,
    logged,
    make_data,
    put,
    some_people,
)

from daypass.core.domain.identity_center.assignment import Assignment
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.server import clock
from daypass.server.operator.control_socket import ControlAnswer
from daypass.server.operator.identity_center_messages import (
    PAGE_SIZE,
    ChangePerson,
    FindPrincipal,
    FindTarget,
    ListAssignments,
    ListGroupsOf,
    ListPortalSessions,
    OpenNetwork,
    PersonAct,
)
from daypass.state.data_directory.unlocked_reading import read_without_lock


@pytest.fixture
def instance(tmp_path):
    made = make_data(tmp_path)
    put(tmp_path, *some_people(made))
    return made


def an_assignment(instance, principal=ALICE, *, kind="USER", target=ACCOUNT, of=READ_ONLY):
    return Assignment(
        account=instance.id,
        target=target,
        permission_set=of,
        principal_type=kind,
        principal=principal,
        created=1,
    )


def alice(path, instance):
    found = read_without_lock(path, {}).directory
    return found.identity_store(instance.store).of(Person).get(ALICE)


@pytest.mark.parametrize(
    ("name", "person", "group"),
    [
        ("alice", ALICE, None),
        ("ALICE", ALICE, None),
        (ALICE, ALICE, None),
        ("developers", None, DEVELOPERS),
        (DEVELOPERS, None, DEVELOPERS),
        ("nobody", None, None),
        ("", None, None),
    ],
)
def test_people_and_groups_are_found_by_name_and_by_id(
    tmp_path, instance, name, person, group
) -> None:
    with linked(tmp_path) as ask:
        found = ask(FindPrincipal(store=instance.store, name=name)).result

    assert {kind: each and each["id"] for kind, each in found.items()} == {
        "person": person,
        "group": group,
    }


@pytest.mark.parametrize(
    ("permission_set", "account", "expected"),
    [
        ("ReadOnly", ACCOUNT, (READ_ONLY, ACCOUNT)),
        ("ReadOnly", "first", (READ_ONLY, ACCOUNT)),
        ("readonly", "999999999999", (None, None)),
        ("", "", (None, None)),
    ],
)
def test_a_set_is_found_by_its_name_and_an_account_by_id_or_name(
    tmp_path, instance, permission_set, account, expected
) -> None:
    with linked(tmp_path) as ask:
        message = FindTarget(instance=instance.id, permission_set=permission_set, account=account)
        found = ask(message).result

    of, target = found["permission_set"], found["account"]
    assert (of and of["id"], target and target["id"]) == expected


def test_an_instance_or_a_store_that_is_not_there_is_an_error(tmp_path, instance) -> None:
    with linked(tmp_path) as ask:
        store = ask(FindPrincipal(store="d-0000000000", name="alice"))
        other = ask(ListAssignments(instance="ssoins-0000000000000000"))
        person = ask(ListPortalSessions(store=instance.store, person="nobody"))

    assert (store.error, other.error, person.error) == (
        "there is no identity store d-0000000000",
        "there is no instance ssoins-0000000000000000",
        "there is no person nobody",
    )


def test_assignments_are_listed_by_account_set_and_principal_deleted_ones_without_a_name(
    tmp_path, instance
) -> None:
    put(
        tmp_path,
        an_assignment(instance),
        an_assignment(instance, DEVELOPERS, kind="GROUP", target="444455556666"),
        an_assignment(instance, "d1111111-1111-4111-8111-111111111111", of="ps-ffffffffffffffff"),
    )

    def shown(**chosen):
        with linked(tmp_path) as ask:
            page = ask(ListAssignments(instance=instance.id, **chosen)).result
        return [
            (each["account"], each["principal_name"], each["permission_set_name"])
            for each in page["assignments"]
        ]

    assert shown() == [
        (ACCOUNT, "Alice", "ReadOnly"),
        (ACCOUNT, None, ""),
        ("444455556666", "Developers", "ReadOnly"),
    ]
    assert shown(account="444455556666") == [("444455556666", "Developers", "ReadOnly")]
    assert shown(permission_set="ps-ffffffffffffffff") == [(ACCOUNT, None, "")]
    assert shown(principal=ALICE, account=ACCOUNT) == [(ACCOUNT, "Alice", "ReadOnly")]
    assert shown(principal=ALICE, account="444455556666") == []


def test_long_lists_are_read_in_pages(tmp_path, instance) -> None:
    groups = [
        PeopleGroup(
            account=instance.store, id=f"group-{at:04}", name=f"g{at}", folded_name=f"g{at}", **MADE
        )
        for at in range(PAGE_SIZE + 1)
    ]
    memberships = [
        GroupMembership(
            account=instance.store,
            id=f"membership-{each.id}",
            group=each.id,
            member=ALICE,
            created=1,
            created_by="test",
        )
        for each in groups
    ]
    put(
        tmp_path,
        *groups,
        *memberships,
        *(an_assignment(instance, each.id, kind="GROUP") for each in groups),
    )

    with linked(tmp_path) as ask:
        first = ask(ListAssignments(instance=instance.id)).result
        second = ask(ListAssignments(instance=instance.id, after=first["after"])).result
        some = ask(ListGroupsOf(store=instance.store, person=ALICE)).result
        rest = ask(ListGroupsOf(store=instance.store, person=ALICE, after=some["after"])).result

    names = [each["principal_name"] for page in (first, second) for each in page["assignments"]]
    assert names == [each.name for each in groups]
    assert second["after"] == ""
    assert [len(some["groups"]), len(rest["groups"]), rest["after"]] == [PAGE_SIZE, 2, ""]


def test_sessions_that_have_ended_are_not_listed(tmp_path, instance) -> None:
    now = int(clock.wall())

    def session(name, **more):
        fields = {"generation": 0, "started": now, "expires": now + 900} | more
        return PortalSession(
            account=person_partition(ALICE),
            id=name,
            instance=instance.id,
            store=instance.store,
            person=ALICE,
            **fields,
        )

    put(
        tmp_path,
        session("live", opened_by="olga"),
        session("of an earlier generation", generation=-1),
        session("expired", expires=now - 1),
    )
    asked = ListPortalSessions(store=instance.store, person=ALICE)

    with linked(tmp_path) as ask:
        listed = ask(asked).result["sessions"]
        ask(change(instance, PersonAct.DISABLE))
        then = ask(asked).result["sessions"]

    assert [(each["id"], each["opened_by"]) for each in listed] == [("live", "olga")]
    assert then == []


def change(instance, act, **more):
    fields = {"store": instance.store, "person": ALICE, "act": act, "by": "olga"}
    return ChangePerson(**(fields | more))


def test_a_person_is_disabled_signed_out_and_enabled_and_the_log_says_by_whom(
    tmp_path, instance
) -> None:
    with linked(tmp_path) as ask:
        done = [
            ask(change(instance, act)).done
            for act in (PersonAct.SIGN_OUT, PersonAct.DISABLE, PersonAct.DISABLE)
        ]
    off = alice(tmp_path, instance)
    with linked(tmp_path) as ask:
        ask(change(instance, PersonAct.ENABLE))
    on = alice(tmp_path, instance)

    assert done == [("Alice",), ("Alice",), ()]
    assert (off.is_enabled, off.generation, off.ended_by) == (False, 2, "administrator")
    assert (on.is_enabled, on.generation) == (True, 2)
    [event] = logged(tmp_path, "disable-person")
    assert event["detail"] == {"by": "olga", "what": f"arn:aws:identitystore:::user/{ALICE}"}
    assert "Alice" not in str(event)
    assert len(logged(tmp_path, "sign-out-person")) == len(logged(tmp_path, "enable-person")) == 1


def test_a_dry_run_of_a_change_says_what_it_would_do_and_does_not(tmp_path, instance) -> None:
    with linked(tmp_path) as ask:
        answer = ask(change(instance, PersonAct.DISABLE, is_dry_run=True))

    assert answer.done == ("Alice",)
    assert alice(tmp_path, instance).is_enabled
    assert logged(tmp_path, "disable-person") == []


def test_a_person_who_is_not_there_cannot_be_changed(tmp_path, instance) -> None:
    with linked(tmp_path) as ask:
        answer = ask(change(instance, PersonAct.ENABLE, person="nobody"))

    assert answer.error == "there is no person nobody"


def test_t425_priv_both_locks_of_the_network_are_cleared(tmp_path, instance) -> None:
    found = read_without_lock(tmp_path, {}).directory
    store = found.identity_store(instance.store).record
    put(tmp_path, locked(instance), replace(store, network=NetworkLock(("203.0.113.0/24",))))

    with linked(tmp_path) as ask:
        [before] = instances(ask)
        cleared = ask(OpenNetwork(instance=instance.id, by="olga")).done
        [after] = instances(ask)
        again = ask(OpenNetwork(instance=instance.id, by="olga")).done

    assert before["network"] == before["store_network"] == ["203.0.113.0/24"]
    assert (after["network"], after["store_network"]) == (None, None)
    assert (set(cleared), again) == ({instance.arn, store.arn}, ())
    assert logged(tmp_path, "open-network")[0]["detail"]["by"] == "olga"


def test_an_answers_text_form_hides_its_result() -> None:
    assert "secret" not in repr(ControlAnswer(result={"token": "secret"}))
