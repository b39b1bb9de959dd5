"""What an authority keeps of callers: only of proved ones, only while their keys are good."""

import re

import pytest
from msgspec.structs import replace
from tests.kept.steps import CALLS, SPELLINGS, Ask, Event, Write
from tests.kept.world import HOMES, KEYS, SECRETS, World, named_user

from daypass.core.domain.iam.access_key import AccessKey
from daypass.server import limits
from daypass.state.changes import Put, Remove

IDENTITY = Ask(0, "alice", "identity")


@pytest.fixture
def world():
    with World() as made:
        yield made


def code(world):
    """Return the status of the last answer, and its error's code."""
    status, _, body, _ = world.answers[-1]
    found = re.search(rb"<Code>(.*?)</Code>", body)
    return (status, found[1].decode()) if found else status


def scheme(world):
    return world.nodes[0].runner._prover._schemes["sigv4"]


def kept(world):
    """Return how many claims, signing keys and forms the first node keeps."""
    sigv4 = scheme(world)
    forms = world.nodes[0].authority.api._known_calls._known
    return len(sigv4._known_claims._known), len(sigv4._key_cache), len(forms)


def test_a_request_that_is_proved_leaves_a_claim_a_key_and_a_form(world) -> None:
    IDENTITY.take(world)

    assert code(world) == 200
    assert kept(world) == (1, 1, 1)
    IDENTITY.take(world)
    assert kept(world) == (1, 1, 1)


@pytest.mark.parametrize(
    "asked",
    [
        Ask(0, "alice", "identity", "forged"),
        Ask(0, "nobody", "identity"),
        Ask(0, "alice", "identity", "an x-amz- header not signed"),
        Ask(0, "alice", "get-user", "signed for another service"),
    ],
    ids=["wrong signature", "unknown key", "unsigned header", "another service"],
)
def test_nothing_is_kept_of_a_caller_who_is_not_proved(world, asked) -> None:
    asked.take(world)

    assert code(world)[0] in {400, 403}
    assert kept(world) == (0, 0, 0)


def test_nothing_is_kept_of_an_anonymous_caller(world) -> None:
    made = IDENTITY.request(world)
    headers = [each for each in made.headers if each[0] != b"authorization"]
    world.ask(0, replace(made, headers=type(made.headers)(headers)))

    assert code(world)[0] == 403
    assert kept(world) == (0, 0, 0)


def test_a_forged_request_displaces_nothing_and_is_refused_where_its_claim_is_known(world) -> None:
    IDENTITY.take(world)
    Ask(0, "alice", "identity", "forged").take(world)

    assert code(world) == (403, "SignatureDoesNotMatch")
    assert kept(world) == (1, 1, 1)


def _inactive(_world, directory):
    key = directory.account(HOMES["alice"]).of(AccessKey).get(KEYS["alice"])
    return [Put(replace(key, active=False))]


def _deleted(_world, directory):
    return [Remove(directory.account(HOMES["alice"]).of(AccessKey).get(KEYS["alice"]))]


def _without_user(_world, directory):
    return [Remove(named_user(directory, "alice"))]


@pytest.mark.parametrize(
    "change",
    [_inactive, _deleted, _without_user, Write(0, "closed", 0).changes],
    ids=["inactive", "deleted", "no user", "closed account"],
)
def test_a_key_that_is_good_no_more_is_refused_in_the_next_request(world, change) -> None:
    IDENTITY.take(world)
    IDENTITY.take(world)
    assert code(world) == 200
    world.commit(0, change)
    IDENTITY.take(world)

    assert code(world) == (403, "InvalidClientTokenId")


def test_a_session_is_refused_in_the_first_request_after_its_end(world) -> None:
    session = Ask(0, "assume", "identity")
    for step in (Ask(0, "alice", "assume"), session, session):
        step.take(world)
    assert code(world) == 200
    world.elapsed += 3_600
    session.take(world)

    assert code(world) == (403, "ExpiredToken")


def test_a_policy_that_was_taken_away_allows_nothing_in_the_next_request(world) -> None:
    asked = Ask(0, "alice", "get-user")
    for step in (asked, asked):
        step.take(world)
    assert code(world) == 200
    Write(0, "no user policy", 0).take(world)
    asked.take(world)

    assert code(world) == (403, "AccessDenied")


def test_a_credential_is_opened_again_under_another_key_ring(world) -> None:
    IDENTITY.take(world)
    account = world.nodes[0].directory.account(HOMES["alice"])
    [kept_credential] = [each for name, each in account.cache.items() if KEYS["alice"] in name]
    Event("rotate", 0).take(world)
    IDENTITY.take(world)
    again = account.cache[f"credential {KEYS['alice']}"]

    assert code(world) == 200
    assert again.keyring is world.nodes[0].data.keyring
    assert again.keyring is not kept_credential.keyring


def test_a_supposed_directory_leaves_nothing_with_the_real_one(world) -> None:
    IDENTITY.take(world)
    before = dict(world.nodes[0].directory.account(HOMES["alice"]).cache)
    world.suppose(
        0, Write(0, "no user policy", 0).changes, Ask(0, "alice", "get-user").request(world)
    )
    assert code(world) == (403, "AccessDenied")

    assert world.nodes[0].directory.account(HOMES["alice"]).cache == before


def test_only_so_many_signing_keys_are_kept(world, monkeypatch) -> None:
    monkeypatch.setattr(limits, "SIGNING_KEYS_MAX", 2)
    for who in ("alice", "guest", "manager", "root"):
        Ask(0, who, "identity").take(world)
        assert code(world) == 200
        assert len(scheme(world)._key_cache) <= 2


@pytest.mark.parametrize("spelling", [each for each in SPELLINGS if each != "usual"])
def test_a_request_in_another_spelling_is_answered_as_if_no_other_came_before(spelling) -> None:
    other = Ask(0, "alice", "get-user", spelling)
    with World() as fresh:
        other.take(fresh)
        [alone] = fresh.answers
    with World() as warm:
        for _ in range(2):
            Ask(0, "alice", "get-user").take(warm)
        other.take(warm)
        after = warm.answers[-1]

    def shown(answer):
        body = re.sub(rb"[0-9a-f-]{36}", b"", answer[2])
        return answer[0], body

    assert shown(after) == shown(alone)


def test_parameters_that_are_kept_are_the_same_after_each_call(world) -> None:
    known = world.nodes[0].authority.api._known_calls._known
    asked = [Ask(0, "manager", call) for call in CALLS]
    for each in asked:
        each.take(world)
    before = {form: dict(call.params) for form, call in known.items()}
    for _ in range(2):
        for each in asked:
            each.take(world)

    assert len(before) >= 5
    assert {form: call.params for form, call in known.items() if form in before} == before


def test_no_secret_stands_in_the_repr_of_what_is_kept(world) -> None:
    for step in (IDENTITY, Ask(0, "alice", "assume"), Ask(0, "assume", "identity")):
        step.take(world)
    sigv4 = scheme(world)
    account = world.nodes[0].directory.account(HOMES["alice"])
    claims = list(sigv4._known_claims._known.values())
    forms = list(world.nodes[0].authority.api._known_calls._known.values())
    found = repr([dict(account.cache), claims, forms])
    derived = [repr(key.raw) for key in sigv4._key_cache.values()]
    secrets = [SECRETS["alice"], *world.sessions["assume"][1:]]

    assert derived
    assert not [each for each in (*secrets, *derived) if each in found]


def test_a_signing_key_shows_its_owner_and_no_secret(world) -> None:
    made = IDENTITY.request(world)
    directory, moment = world.nodes[0].directory, world.nodes[0].data.clocks.moment()
    key = scheme(world).signing_key(scheme(world).read_claim(made).parsed, directory, moment)

    assert named_user(directory, "alice").arn in repr(key)
    assert SECRETS["alice"] not in repr(key)
    assert repr(key.key.raw) not in repr(key)
