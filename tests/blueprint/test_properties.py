"""From any organization to any file, and from any point on the way: applying ends in what the
file says.
"""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from daypass.aws.entities import EntityKind
from daypass.blueprint import wording
from daypass.blueprint.organization import (
    MANAGEMENT,
    ROOT,
    Account,
    AccountIAM,
    CustomerManagedPolicy,
    Entity,
    Organization,
    OrganizationPolicy,
    PolicyKey,
    PolicyTarget,
    parent_path,
)
from daypass.blueprint.plan import iam_steps, organization_steps, outcome
from daypass.blueprint.plan.effects import plan_effects
from daypass.blueprint.plan.match_file import match_organization
from daypass.blueprint.plan.plan import PlanBlocked, plan_changes
from daypass.blueprint.plan.steps import PlanStep, Verb
from daypass.core.organizations.policies.policy_types import RCP, SCP

TYPES = (SCP, RCP, "TAG_POLICY", "SECURITYHUB_POLICY")
PATHS = ("/a", "/b", "/a/c", "/a/c/d", "/b/c")
EMAILS = tuple(f"{name}@example.com" for name in "pqrs")
TAGS = st.dictionaries(st.sampled_from("kl"), st.sampled_from("12"), max_size=2)
SERVICES = ("sso.amazonaws.com", "ram.amazonaws.com", "securityhub.amazonaws.com")
TEXTS = tuple(
    f'{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"*"}}]}}'
    for effect in ("Deny", "Allow")
    for action in ("s3:*", "iam:CreateUser", "*")
)
KEYS = tuple(PolicyKey(kind, f"p{number}") for kind in TYPES for number in range(6))


@st.composite
def organizations(draw, *, is_file):
    """An organization; what a file says may leave whole parts out."""
    types = frozenset(draw(st.sets(st.sampled_from(TYPES))))
    keys = draw(st.sets(st.sampled_from(KEYS)))
    usable = [key for key in KEYS if key in keys and key.type in types]
    chosen = draw(st.sets(st.sampled_from(PATHS)))
    paths = {
        each
        for path in chosen
        for each in (path, parent_path(path), parent_path(parent_path(path)))
    } - {ROOT}

    def target():
        found = frozenset(draw(st.sets(st.sampled_from(usable)))) if usable else frozenset()
        # Five RCPs may hang in a place, and AWS's own is one of them.
        found -= set(sorted(each for each in found if each.type == RCP)[4:])
        full = None
        if SCP in types:
            has_other = any(each.type == SCP for each in found)
            full = draw(st.booleans()) if has_other else True
            if is_file and draw(st.booleans()):
                full = None
        return PolicyTarget(draw(TAGS), found, full)

    services = draw(st.sets(st.sampled_from(SERVICES)))
    if "SECURITYHUB_POLICY" in types:
        services.add("securityhub.amazonaws.com")
    accounts = {MANAGEMENT: Account(id="1" * 12, name="m", target=target())}
    one = draw(st.sampled_from([*EMAILS, ""]))
    for email in draw(st.lists(st.sampled_from(EMAILS), unique=True, max_size=4)):
        administers = (
            draw(st.sets(st.sampled_from(sorted(services - {"sso.amazonaws.com"}))))
            if services - {"sso.amazonaws.com"}
            else set()
        )
        if email == one and "sso.amazonaws.com" in services:
            administers.add("sso.amazonaws.com")
        unit = draw(st.sampled_from([ROOT, *sorted(paths)]))
        accounts[email] = Account(
            email,
            email[0],
            unit=unit,
            target=target(),
            administers=frozenset(administers),
            iam=draw(principals()),
        )
    has_policy = draw(st.booleans())
    found = Organization(
        root=target(),
        units={path: target() for path in sorted(paths)},
        accounts=accounts,
        policies={
            key: OrganizationPolicy(*key, draw(st.sampled_from(TEXTS)), tags=draw(TAGS))
            for key in keys
        },
        types=types,
        services=frozenset(services),
        resource_policy="{}" if has_policy else "",
        has_resource_policy=has_policy,
    )
    if not is_file:
        return found
    if draw(st.booleans()):
        found = replace(found, root=None)
    if draw(st.booleans()):
        accounts = {key: each for key, each in found.accounts.items() if key != MANAGEMENT}
        found = replace(found, accounts=accounts)
    for part in ("types", "services", "has_resource_policy"):
        if draw(st.booleans()):
            found = replace(found, **{part: None})
    return replace(found, lists_accounts=draw(st.booleans()))


@st.composite
def principals(draw):
    text = st.sampled_from(TEXTS)
    inline = st.dictionaries(st.sampled_from("xy"), text, max_size=2)
    managed = draw(
        st.dictionaries(
            st.just("own"),
            st.builds(CustomerManagedPolicy, st.just("own"), text, tags=TAGS),
            max_size=1,
        )
    )
    attached = st.sets(
        st.sampled_from(
            ["arn:aws:iam::aws:policy/X", *[each.reference for each in managed.values()]]
        )
    ).map(frozenset)
    found = (
        [Entity(EntityKind.GROUP, "g", inline=draw(inline), attached=draw(attached))]
        if draw(st.booleans())
        else []
    )
    groups = frozenset({"g"}) if found and draw(st.booleans()) else frozenset()
    for kind in draw(st.sets(st.sampled_from([EntityKind.ROLE, EntityKind.USER]))):
        is_role = kind is EntityKind.ROLE
        found.append(
            Entity(
                kind,
                "h",
                tags=draw(TAGS),
                inline=draw(inline),
                attached=draw(attached),
                boundary=draw(st.sampled_from(["", "arn:aws:iam::aws:policy/B"])),
                trust=draw(text) if is_role else "",
                max_session_seconds=draw(st.sampled_from([3600, 7200])) if is_role else 3600,
                groups=frozenset() if is_role else groups,
            )
        )
    return AccountIAM({each.key: each for each in found}, managed)


NOTHING = Organization(exists=False, accounts={MANAGEMENT: Account(id="1" * 12)})
EXISTING = st.one_of(st.just(NOTHING), organizations(is_file=False))


def carried(wanted, now, **how):
    """What is there after the file was applied, every rule of the authority kept at each step."""
    return outcome.apply_steps(now, plan_changes(match_organization(wanted, now), now, **how).steps)


def says(wanted, now):
    """Everything that the file speaks of is as it says."""
    for place, target in wanted.targets():
        found = now.target(place)
        assert found.tags == target.tags
        assert found.policies == target.policies
        assert target.has_full_access in {None, found.has_full_access}
    for key, policy in (wanted.policies or {}).items():
        assert now.policies[key] == policy
    for key, account in wanted.accounts.items():
        found = now.accounts[key]
        assert (found.unit, found.administers) == (account.unit, account.administers)
        if account.iam is not None:
            for entity, each in account.iam.entities.items():
                assert found.iam.entities[entity] == each
            for name, each in account.iam.managed.items():
                assert found.iam.managed[name] == each


@settings(max_examples=150, deadline=None)
@given(EXISTING, organizations(is_file=True))
def test_applied_with_prune_any_organization_becomes_what_the_file_says_and_stays_so(now, wanted):
    then = carried(wanted, now, prune=True)

    says(wanted, then)
    assert plan_changes(match_organization(wanted, then), then, prune=True).steps == ()


@settings(max_examples=150, deadline=None)
@given(EXISTING, organizations(is_file=True), st.floats(0, 1))
def test_killed_after_any_step_and_run_again_it_ends_in_the_same(now, wanted, part):
    steps_ = plan_changes(match_organization(wanted, now), now, prune=True).steps
    half = outcome.apply_steps(now, steps_[: int(part * len(steps_))])
    then = carried(wanted, half, prune=True)

    says(wanted, then)
    assert plan_changes(match_organization(wanted, then), then, prune=True).steps == ()


@settings(max_examples=75, deadline=None)
@given(EXISTING, organizations(is_file=True))
def test_without_prune_nothing_is_taken_away_that_the_file_does_not_speak_of(now, wanted):
    try:
        found = plan_changes(match_organization(wanted, now), now)
    except PlanBlocked:
        # A place would be too full without taking something off.
        return

    taken = [each for each in found.steps if each.verb is Verb.REMOVED]
    for each in taken:
        is_said = isinstance(each, organization_steps.Detach) and each.key.name == "FullAWSAccess"
        is_handed_over = (
            isinstance(each, organization_steps.Deregister) and each.service == "sso.amazonaws.com"
        )
        assert is_said or is_handed_over
    then = outcome.apply_steps(now, found.steps)
    assert plan_changes(match_organization(wanted, then), then).steps == ()


@settings(max_examples=50, deadline=None)
@given(EXISTING, organizations(is_file=True))
def test_every_plan_can_be_told(now, wanted):
    found = plan_changes(match_organization(wanted, now), now, prune=True, close_accounts=True)

    assert wording.plan_summary(found)
    assert all(wording.step_text(each) for each in found.steps)
    assert wording.plan_data(found, plan_effects(now, found))


def test_every_step_is_known_to_whatever_works_with_steps():
    from daypass.blueprint.carry_out.iam_calls import IAM_CALLS
    from daypass.blueprint.carry_out.organization_calls import ORGANIZATION_CALLS
    from daypass.blueprint.carry_out.people_calls import PEOPLE_CALLS
    from daypass.blueprint.plan.people import steps as people_steps

    every = {
        each
        for module in (iam_steps, organization_steps, people_steps)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, PlanStep) and each is not PlanStep
    }

    assert set(outcome.OUTCOMES) == every
    assert set(wording._STEP_TEXTS) == every
    assert {*ORGANIZATION_CALLS, *IAM_CALLS, *PEOPLE_CALLS} == every
