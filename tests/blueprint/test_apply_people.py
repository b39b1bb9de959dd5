"""People, permission sets and assignments by `daypass apply` and `export`, as a person runs them."""

import pytest
from tests.blueprint.test_apply import nothing_to_do
from tests.server.operator.people import take_instance_away

FILE = """\
version: 1
accounts:
  - {email: dev@example.com, name: dev}
management:
  managed-policies:
    limit:
      path: /team/
      content:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]
identity-center:
  people:
    alice: {display-name: Alice Example, given-name: Alice, email: alice@example.com, groups: [Developers]}
    bob: {family-name: Example, groups: []}
  groups:
    Developers: {description: who develops}
    Readers:
  permission-sets:
    ReadOnly:
      description: reads everything
      session-duration: PT8H
      attached: [arn:aws:iam::aws:policy/ReadOnlyAccess]
      tags: {team: web}
    Deployer:
      relay-state: https://example.com/
      policy:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::of-${account:dev}/*"}]
      boundary: arn:aws:iam::aws:policy/PowerUserAccess
    Limited:
      attached: [policy/team/limit]
  assignments:
    - {permission-set: ReadOnly, accounts: [management, dev@example.com], people: [ALICE], groups: [developers]}
    - {permission-set: Deployer, accounts: [dev], people: [bob]}
    - {permission-set: Limited, accounts: [management], groups: [Readers]}
"""


@pytest.fixture
def filed(admin):
    done = admin.apply(FILE, "--yes")
    assert done.returncode == 0, done.stderr
    return admin


def center(live):
    """Return clients of the instance, its ARN and its store's id."""
    admin = live.client("sso-admin")
    [instance] = admin.list_instances()["Instances"]
    store = live.client("identitystore")
    return admin, store, instance["InstanceArn"], instance["IdentityStoreId"]


def roles(live, account=None):
    """Return the names of the roles that permission sets have in an account, without digits."""
    iam = live.client("iam", live.root(account=account))
    listed = iam.list_roles(PathPrefix="/aws-reserved/")["Roles"]
    return sorted(each["RoleName"].rpartition("_")[0] for each in listed)


def role_policy(live, name):
    """Return the inline policy of a permission set's role in the management account."""
    iam = live.client("iam")
    [role] = [
        each["RoleName"]
        for each in iam.list_roles(PathPrefix="/aws-reserved/")["Roles"]
        if each["RoleName"].startswith(f"AWSReservedSSO_{name}_")
    ]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return sorted(each["PolicyName"] for each in attached)


def test_people_are_made_and_made_again_changes_nothing(filed) -> None:
    _, store, _, store_id = center(filed.live)
    [alice] = store.list_users(
        IdentityStoreId=store_id, Filters=[{"AttributePath": "UserName", "AttributeValue": "alice"}]
    )["Users"]

    assert alice["Emails"][0]["Value"] == "alice@example.com"
    assert roles(filed.live) == ["AWSReservedSSO_Limited", "AWSReservedSSO_ReadOnly"]
    assert role_policy(filed.live, "Limited") == ["limit"]
    nothing_to_do(filed, FILE)
    nothing_to_do(filed, FILE, "--prune")


def test_what_is_exported_with_people_changes_nothing_and_makes_the_same_elsewhere(
    filed, another
) -> None:
    exported = filed.run("export", "--with-people", "--with-iam").stdout
    nothing_to_do(filed, exported, "--prune")
    done = another.apply(exported, "--yes")

    assert done.returncode == 0, done.stderr
    assert another.run("export", "--with-people", "--with-iam").stdout == exported
    assert "identity-center" not in filed.run("export").stdout


def test_an_edited_set_reaches_the_accounts_that_the_plan_names(filed) -> None:
    edited = FILE.replace("policy/ReadOnlyAccess", "policy/AmazonS3ReadOnlyAccess")
    planned = filed.apply(edited, "--dry-run")
    before = role_policy(filed.live, "ReadOnly")
    done = filed.apply(edited, "--yes", "--prune")

    assert "~ changed  roles of permission set ReadOnly in dev@example.com, management" in (
        planned.stdout
    )
    assert "permission set ReadOnly in dev (" in planned.stdout
    assert before == ["ReadOnlyAccess"]
    assert done.returncode == 0, done.stderr
    assert role_policy(filed.live, "ReadOnly") == ["AmazonS3ReadOnlyAccess"]
    nothing_to_do(filed, edited)


def test_a_set_that_was_edited_and_not_provisioned_is_brought_up_to_date(filed) -> None:
    admin, _, instance, _ = center(filed.live)
    [arn] = [
        each
        for each in admin.list_permission_sets(InstanceArn=instance)["PermissionSets"]
        if admin.describe_permission_set(InstanceArn=instance, PermissionSetArn=each)[
            "PermissionSet"
        ]["Name"]
        == "ReadOnly"
    ]
    policy = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    admin.attach_managed_policy_to_permission_set(
        InstanceArn=instance, PermissionSetArn=arn, ManagedPolicyArn=policy
    )
    listed = FILE.replace(
        "[arn:aws:iam::aws:policy/ReadOnlyAccess]",
        f"[arn:aws:iam::aws:policy/ReadOnlyAccess, {policy}]",
    )

    steps = [each["do"] for each in filed.plan(listed)["steps"]]

    assert steps == ["ProvisionPermissionSet"]
    assert filed.apply(listed, "--yes").returncode == 0
    assert role_policy(filed.live, "ReadOnly") == ["AmazonS3ReadOnlyAccess", "ReadOnlyAccess"]


def test_what_the_file_no_longer_lists_goes_with_prune_and_people_stay(filed) -> None:
    less = FILE[: FILE.index("  people:")] + (
        "  people: {alice: {groups: []}}\n  permission-sets: {ReadOnly: }\n  assignments: []\n"
    )
    kept = filed.apply(less, "--yes")
    gone = filed.apply(less, "--yes", "--prune")
    _, store, _, store_id = center(filed.live)

    assert "left alone: person alice in group Developers" in kept.stdout
    assert "left alone: permission set Deployer in dev@example.com of person bob" in kept.stdout
    assert gone.returncode == 0, gone.stderr
    assert "person alice: loses ReadOnly in" in gone.stdout
    assert roles(filed.live) == []
    names = {each["UserName"] for each in store.list_users(IdentityStoreId=store_id)["Users"]}
    assert names == {"alice", "bob"}


@pytest.mark.parametrize(
    ("way", "at"), [("before", 3), ("after", 9), ("before", 15), ("after", 19)]
)
def test_killed_on_the_way_it_goes_on_when_it_is_run_again(admin, way, at) -> None:
    died = admin.apply(FILE, "--yes", die=(way, at))
    done = admin.apply(FILE, "--yes")

    assert died.returncode == -9
    assert done.returncode == 0, done.stderr
    nothing_to_do(admin, FILE, "--prune")


def test_a_failed_assignment_says_why_and_how_far_it_got(admin) -> None:
    broken = FILE.replace("policy/team/limit", "policy/no/such")
    failed = admin.apply(broken, "--yes")

    assert failed.returncode == 3
    assert "permission set Limited in management of group Readers (added)" in failed.stderr
    assert "no/such" in failed.stderr or "such" in failed.stderr


def test_without_an_instance_the_command_says_how_to_get_one(admin) -> None:
    take_instance_away(admin.live.data.committer)
    refused = admin.apply("version: 1\nidentity-center: {people: {alice: }}\n", "--yes")

    assert refused.returncode == 1
    assert "there is no instance of IAM Identity Center" in refused.stderr
    assert "daypass sign-in enable" in refused.stderr


def test_an_address_that_somebody_else_has_is_what_the_refusal_says(filed) -> None:
    taken = FILE.replace("    bob: {", "    carol: {email: Alice@example.com}\n    bob: {")
    done = filed.apply(taken, "--yes")

    assert done.returncode != 0
    assert "Duplicate Email" in done.stderr
