"""Laws of plans for people: they end where the file says, and nobody has on the way what neither
end allows.
"""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from daypass.blueprint.identity_center import (
    Assignment,
    IdentityCenter,
    PeopleGroup,
    PermissionSet,
    Person,
    PrincipalKind,
)
from daypass.blueprint.organization import MANAGEMENT, Account, Organization
from daypass.blueprint.plan import outcome
from daypass.blueprint.plan.people import steps
from daypass.blueprint.plan.plan import plan_changes

PEOPLE, GROUPS, SETS = ("ann", "bob"), ("devs", "ops"), ("Read", "Write")
ACCOUNTS = (MANAGEMENT, "dev@example.com")
PRINCIPALS = [(PrincipalKind.PERSON, each) for each in PEOPLE] + [
    (PrincipalKind.GROUP, each) for each in GROUPS
]
PLACE = Organization(
    accounts={key: Account(id=f"{at}" * 12, name=key, email=key) for at, key in enumerate(ACCOUNTS)}
)
POLICY = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"%s:*","Resource":"*"}}'


def subsets(of):
    return st.frozensets(st.sampled_from(of))


@st.composite
def centers(draw):
    """Return an instance in which every assignment names what is there."""
    sets = draw(subsets(SETS))
    assignments = frozenset()
    if sets:
        assignments = draw(
            st.frozensets(
                st.builds(
                    lambda name, account, who: Assignment(name, account, *who),
                    st.sampled_from(sorted(sets)),
                    st.sampled_from(ACCOUNTS),
                    st.sampled_from(PRINCIPALS),
                )
            )
        )
    return IdentityCenter(
        people={each: Person(each, groups=draw(subsets(GROUPS))) for each in PEOPLE},
        groups={each: PeopleGroup(each) for each in GROUPS},
        permission_sets={
            each: PermissionSet(each, inline=POLICY % draw(st.sampled_from(["s3", "sqs", "ec2"])))
            for each in sorted(sets)
        },
        assignments=assignments,
    )


def existing(center):
    """Return an instance as it is read: with the accounts of each set."""
    provisioned = {
        name: tuple(
            sorted({each.account for each in center.assignments if each.permission_set == name})
        )
        for name in center.permission_sets
    }
    return replace(center, provisioned=provisioned)


def roles_of(center):
    """Return what the role of each set and account allows, all provisioned."""
    return {
        (each.permission_set, each.account): center.permission_sets[each.permission_set].inline
        for each in center.assignments
    }


def reach(center, roles):
    """Return who may do what in which account, by assignments, memberships and roles."""
    found = set()
    for each in center.assignments:
        allowed = roles[each.permission_set, each.account]
        for name, person in center.people.items():
            is_member = each.kind is PrincipalKind.GROUP and each.principal in person.groups
            if (each.kind, each.principal) == (PrincipalKind.PERSON, name) or is_member:
                found.add((name, each.account, each.permission_set, allowed))
    return found


def roles_after(step, center, roles):
    """Return the roles after a step, as provisioning keeps them."""
    kept = {(each.permission_set, each.account) for each in center.assignments}
    roles = {key: allowed for key, allowed in roles.items() if key in kept}
    if isinstance(step, steps.Assign):
        key = step.assignment.permission_set, step.assignment.account
        roles.setdefault(key, center.permission_sets[key[0]].inline)
    if isinstance(step, steps.ProvisionPermissionSet):
        for key in roles:
            if key[0] == step.permission_set:
                roles[key] = center.permission_sets[key[0]].inline
    return roles


@given(centers(), centers())
@settings(max_examples=300, deadline=None)
def test_a_plan_ends_where_the_file_says_and_never_gives_what_neither_end_allows(
    before, after
) -> None:
    now = replace(PLACE, identity_center=existing(before))
    wanted = replace(PLACE, identity_center=after)
    plan = plan_changes(wanted, now, prune=True)
    roles = roles_of(before)
    allowed = reach(before, roles) | reach(after, roles_of(after))

    for step in plan.steps:
        now = outcome.apply_steps(now, [step])
        roles = roles_after(step, now.identity_center, roles)
        assert reach(now.identity_center, roles) <= allowed, step

    assert reach(now.identity_center, roles) == reach(after, roles_of(after))
    assert now.identity_center.assignments == after.assignments
    assert plan_changes(wanted, now, prune=True).steps == ()


@given(centers(), centers())
@settings(max_examples=100, deadline=None)
def test_without_prune_nobody_loses_an_assignment_or_a_group(before, after) -> None:
    now = replace(PLACE, identity_center=existing(before))
    plan = plan_changes(replace(PLACE, identity_center=after), now)
    then = outcome.apply_steps(now, plan.steps).identity_center

    assert before.assignments <= then.assignments
    assert all(before.people[each].groups <= then.people[each].groups for each in PEOPLE)
    assert set(before.permission_sets) <= set(then.permission_sets)


@given(centers(), centers())
@settings(max_examples=100, deadline=None)
def test_whoever_keeps_a_set_that_is_not_edited_has_it_at_every_moment(before, after) -> None:
    after = replace(
        after,
        people=before.people,
        permission_sets={**after.permission_sets, **before.permission_sets},
    )
    now = replace(PLACE, identity_center=existing(before))
    plan = plan_changes(replace(PLACE, identity_center=after), now, prune=True)
    roles = roles_of(before)
    kept = reach(before, roles) & reach(after, roles_of(after))

    for step in plan.steps:
        now = outcome.apply_steps(now, [step])
        roles = roles_after(step, now.identity_center, roles)
        assert kept <= reach(now.identity_center, roles), step
