"""GetRoleCredentials: which credentials a person gets, and why not."""

import pytest
from msgspec.structs import replace
from tests.documents import deny, policy, trust
from tests.services import portal_records as records
from tests.services.portal_records import ADMIN, ALICE, MEMBER, OTHER, READ_ONLY
from tests.services.portal_snapshot import PortalSnapshot
from tests.services.support import NOW, refused

from daypass.core.domain.identity_center.instance import AccessAttribute
from daypass.core.domain.identity_center.person import Profile, encode_profile
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.faults import Denied, Invalid
from daypass.core.identity_center.reserved_roles import trust_policy
from daypass.core.organizations.policies.policy_types import RCP
from daypass.core.sessions.person_session import PersonSession
from daypass.core.sessions.token import Origin
from daypass.services.kit.authorization_question import AuthorizationQuestion, Circumstances
from daypass.services.kit.context_keys import RequestKeys
from daypass.services.sso import role_credentials


@pytest.fixture
def snapshot():
    return PortalSnapshot()


def get(snapshot, account=MEMBER, role="Admin", who=ALICE, caller=None, **more):
    return snapshot.call(
        role_credentials.get_role_credentials,
        caller or snapshot.signed_in(who),
        accountId=account,
        roleName=role,
        accessToken="-",
        **more,
    )["roleCredentials"]


def why_refused(snapshot, **more):
    """Return what the audit log says of a refusal, which the caller hears nothing of."""
    with refused(Denied, "No access") as found:
        get(snapshot, **more)
    return found.value.operator


def test_an_assigned_person_gets_a_session_of_the_provisioned_role(snapshot) -> None:
    proved = snapshot.proved(snapshot.credentials())
    role = records.role()

    assert proved.principal.arn == (
        f"arn:aws:sts::{MEMBER}:assumed-role/AWSReservedSSO_Admin_{'2' * 16}/alice"
    )
    assert proved.principal.role_arn == role.arn
    assert proved.user_id == f"{role.unique_id}:alice"
    assert proved.session.origin is Origin.GET_ROLE_CREDENTIALS
    assert proved.session.federated_provider == records.provider().arn
    assert proved.session.person == PersonSession(
        instance=records.INSTANCE,
        store=records.STORE,
        person=ALICE,
        account=MEMBER,
        permission_set=ADMIN,
        role_id=role.unique_id,
        generation=0,
        started=NOW,
    )


def test_a_session_has_the_provisioned_duration_in_milliseconds(snapshot) -> None:
    snapshot.put(records.provisioned(seconds=12 * 3_600))
    snapshot.put(records.permission_set(session_duration="PT2H", version=2))

    assert get(snapshot)["expiration"] == (NOW + 12 * 3_600) * 1_000


def test_a_session_outlasts_its_portal_session(snapshot) -> None:
    opened = snapshot.open_session(seconds=900)
    late = NOW + 899
    caller = snapshot.signed_in(opened=opened, now=late)
    answer = get(snapshot, caller=caller, now=late)

    assert answer["expiration"] == (late + 3_600) * 1_000


@pytest.mark.parametrize(
    ("name", "session_name"),
    [
        ("alice@example.com", "alice@example.com"),
        ("a" * 64, "a" * 64),
        ("a" * 65, ALICE),
        ("a", ALICE),
        ("alice smith", ALICE),
        ("älice", ALICE),
    ],
)
def test_a_session_is_named_after_the_user_or_the_id_if_the_name_does_not_fit(
    snapshot, name, session_name
) -> None:
    snapshot.change_person(name=name)

    assert snapshot.proved(snapshot.credentials()).session.session_name == session_name


def test_a_group_gives_its_permission_set_to_its_members(snapshot) -> None:
    answer = get(snapshot, account=OTHER, role="ReadOnly")
    snapshot.remove(records.membership())

    assert answer["accessKeyId"].startswith("ASIA")
    assert why_refused(snapshot, account=OTHER, role="ReadOnly") == (
        f"{READ_ONLY} is not assigned to the user in account {OTHER}"
    )


def test_an_assignment_of_a_deleted_group_gives_nothing(snapshot) -> None:
    snapshot.remove(records.people_group())

    assert "is not assigned" in why_refused(snapshot, account=OTHER, role="ReadOnly")


def disallow_by_trust(snapshot):
    other = f"arn:aws:iam::{MEMBER}:saml-provider/other"
    snapshot.put(records.role(trust=trust_policy(other)))


def disallow_by_rcp(snapshot, action="sts:AssumeRoleWithSAML"):
    ceiling = OrganizationPolicy(
        account=records.ORGANIZATION,
        id="p-ceiling001",
        type=RCP,
        name="ceiling",
        content=policy(deny(action, Principal="*")),
        serial=9,
        updated=1,
    )
    snapshot.put(ceiling, records.member(MEMBER, 1, "p-ceiling001"))


REFUSALS = {
    "no such permission set": (
        lambda snapshot: snapshot.remove(records.permission_set()),
        "there is no permission set of that name",
    ),
    "no assignment": (
        lambda snapshot: snapshot.remove(records.assignment()),
        f"{ADMIN} is not assigned to the user in account {MEMBER}",
    ),
    "a closed account": (
        lambda snapshot: snapshot.put(records.account(MEMBER, closed=NOW)),
        f"account {MEMBER} is closed, or not one of the instance's",
    ),
    "an account that left": (
        lambda snapshot: snapshot.put(records.account(MEMBER, "")),
        f"account {MEMBER} is closed, or not one of the instance's",
    ),
    "a set that is not provisioned": (
        lambda snapshot: snapshot.remove(records.provisioned()),
        f"{ADMIN} is not provisioned in account {MEMBER}",
    ),
    "a role that is gone": (
        lambda snapshot: snapshot.remove(records.role()),
        f"{ADMIN} is not provisioned in account {MEMBER}",
    ),
    "a provider that is gone": (
        lambda snapshot: snapshot.remove(records.provider()),
        f"{ADMIN} is not provisioned in account {MEMBER}",
    ),
    "a trust policy for others": (
        disallow_by_trust,
        "ImplicitlyDenied: role trust policy",
    ),
    "a resource control policy": (
        disallow_by_rcp,
        "ExplicitlyDenied: resource control policy",
    ),
}


@pytest.mark.parametrize(("prepare", "why"), REFUSALS.values(), ids=REFUSALS)
def test_t155_oauth_every_refusal_is_alike_and_the_log_says_why(snapshot, prepare, why) -> None:
    prepare(snapshot)

    assert why_refused(snapshot) == why


def test_an_account_outside_and_an_unknown_one_are_refused_alike(snapshot) -> None:
    for account in (records.OUTSIDE, "000000000000"):
        assert why_refused(snapshot, account=account).endswith(f"in account {account}")


def test_a_role_is_named_by_its_permission_set_alone(snapshot) -> None:
    assert why_refused(snapshot, role=records.role().name) == (
        "there is no permission set of that name"
    )


@pytest.mark.parametrize("account", ["", "12345678901", "1234567890123", "22222222222a"])
def test_a_malformed_account_is_a_bad_request(snapshot, account) -> None:
    with pytest.raises(Invalid, match="account_id is not the id of an account"):
        get(snapshot, account=account)


@pytest.mark.parametrize("role", ["", "a b", "a/b", "ü", "a" * 65])
def test_a_malformed_role_is_a_bad_request(snapshot, role) -> None:
    with pytest.raises(Invalid, match="role_name is not the name of a role"):
        get(snapshot, role=role)


def test_the_management_account_is_not_under_resource_control_policies(snapshot) -> None:
    management = records.MANAGEMENT
    snapshot.put(records.assignment(ALICE, management), *records.provisioned_records(management))
    disallow_by_rcp(snapshot)
    snapshot.put(records.member(management, 0, "p-ceiling001"))

    assert get(snapshot, account=management)["accessKeyId"]


def keys_of_call(snapshot):
    """Return the condition keys of the questions that GetRoleCredentials asks."""
    asked = []
    decide = role_credentials.AuthorizationQuestion

    def noted(**fields):
        asked.append(decide(**fields))
        return asked[-1]

    role_credentials.AuthorizationQuestion = noted
    try:
        get(snapshot)
    finally:
        role_credentials.AuthorizationQuestion = decide
    return asked


def test_the_trust_policy_is_asked_with_what_an_assertion_says(snapshot) -> None:
    (asked,) = keys_of_call(snapshot)

    assert (asked.action, asked.resource) == ("sts:AssumeRoleWithSAML", records.role().arn)
    assert asked.keys == {
        "sts:rolesessionname": "alice",
        "saml:aud": "https://signin.aws.amazon.com/saml",
        "saml:sub": ALICE,
        "saml:sub_type": "persistent",
        "saml:namequalifier": asked.keys["saml:namequalifier"],
    }
    assert len(asked.keys["saml:namequalifier"]) == 28


def keys_of_session(snapshot, credentials):
    """Return the condition keys of a later call with role credentials."""
    question = AuthorizationQuestion(
        action="s3:GetObject", resource="arn:aws:s3:::b/k", account=MEMBER, keys={}
    )
    circumstances = Circumstances(NOW, "192.0.2.1", secure=True, region="us-east-1")
    return RequestKeys(question, snapshot.proved(credentials), snapshot.directory, circumstances)


def test_a_session_has_the_keys_of_the_person_and_none_of_the_assertion(snapshot) -> None:
    keys = dict(keys_of_session(snapshot, snapshot.credentials()))

    assert keys["identitystore:userid"] == ALICE
    assert keys["aws:federatedprovider"] == records.provider().arn
    assert keys["aws:principalarn"] == records.role().arn
    assert "/aws-reserved/sso.amazonaws.com/eu-west-1/" in keys["aws:principalarn"]
    assert keys["aws:principalisawsservice"] == keys["aws:viaawsservice"] == "false"
    assert "aws:multifactorauthpresent" not in keys
    assert [each for each in keys if each.startswith(("saml:", "sts:"))] == []


def test_a_session_is_a_session_to_every_policy_that_names_its_role(snapshot) -> None:
    proved = snapshot.proved(snapshot.credentials())

    assert proved.principal.unique_id == records.role().unique_id
    assert proved.is_temporary
    assert proved.record == records.role()


def test_the_roles_last_use_is_noted(snapshot) -> None:
    get(snapshot)

    assert snapshot.usage.last_use(records.role().unique_id).when == NOW


def test_only_the_session_tags_that_can_be_tags_are_given(snapshot) -> None:
    instance = snapshot.directory.instance(records.INSTANCE).record
    attributes = (AccessAttribute("team", "${path:title}"),)
    snapshot.put(replace(instance, access_attributes=attributes))
    snapshot.change_person(encoded_profile=encode_profile(Profile(title="core")))

    actions = [each.action for each in keys_of_call(snapshot)]
    proved = snapshot.proved(snapshot.credentials())
    assert actions == ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    assert [(tag.key, tag.value) for tag in proved.tags] == [("team", "core")]
    assert proved.session.transitive == ()

    disallow_by_rcp(snapshot, "sts:TagSession")
    assert why_refused(snapshot) == "ExplicitlyDenied: resource control policy"


def test_an_attribute_that_cannot_be_a_tag_is_named(snapshot) -> None:
    instance = snapshot.directory.instance(records.INSTANCE).record
    attributes = (AccessAttribute("team", "${path:title}"),)
    snapshot.put(replace(instance, access_attributes=attributes))
    snapshot.change_person(encoded_profile=encode_profile(Profile(title="<core>")))

    with pytest.raises(Invalid, match="team"):
        get(snapshot)


def test_a_role_that_denies_its_own_provider_is_refused_as_any_other(snapshot) -> None:
    statement = trust({"Federated": records.provider().arn}, "sts:AssumeRoleWithSAML")
    snapshot.put(records.role(trust=policy(statement, {**statement, "Effect": "Deny"})))

    assert why_refused(snapshot) == "ExplicitlyDenied: role trust policy"
