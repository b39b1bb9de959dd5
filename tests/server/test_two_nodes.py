"""Two servers on one data directory: each sees the other's changes, and logs only its own."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from tests.documents import allow, policy

from daypass.cli.operator.log.merged_log import merged_lines
from daypass.core.domain.iam.user import User
from daypass.core.guesses import FREE_TRIES
from daypass.server.audit.log_lines import read_log


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def test_a_user_made_on_one_exists_on_the_other(two_nodes) -> None:
    one, other = two_nodes
    key = one.user("made-on-one", allow("iam:GetUser"))
    other.caught_up()

    assert other.client("iam", key).get_user()["User"]["UserName"] == "made-on-one"


def test_a_key_that_was_deleted_on_one_opens_nothing_on_the_other(two_nodes) -> None:
    # T308-HA
    one, other = two_nodes
    key = one.user("deleted-on-one", allow("iam:*"))
    other.caught_up()
    other.client("iam", key).get_user()
    one.client("iam").delete_access_key(UserName="deleted-on-one", AccessKeyId=key["AccessKeyId"])
    other.caught_up()

    assert code_of(other.client("iam", key).get_user) == "InvalidClientTokenId"


def test_a_key_deleted_on_one_changes_no_record_on_the_other_that_is_behind(
    two_nodes,
) -> None:
    # T309-HA
    one, other = two_nodes
    key = one.user("late", allow("iam:*"))
    other.caught_up()
    other.client("iam", key).get_user()
    one.client("iam").delete_access_key(UserName="late", AccessKeyId=key["AccessKeyId"])

    assert (
        code_of(lambda: other.client("iam", key).create_user(UserName="made-too-late"))
        == "InvalidClientTokenId"
    )
    assert code_of(lambda: one.client("iam").get_user(UserName="made-too-late")) == "NoSuchEntity"


def test_a_policy_that_was_taken_away_on_one_allows_no_change_on_the_other(two_nodes) -> None:
    # T309-HA
    one, other = two_nodes
    key = one.user("restricted", allow("iam:*"))
    other.caught_up()
    one.client("iam").delete_user_policy(UserName="restricted", PolicyName="own")

    assert (
        code_of(lambda: other.client("iam", key).create_user(UserName="not-allowed"))
        == "AccessDenied"
    )


def test_t310_ha_a_deny_is_not_taken_off_at_a_node_that_does_not_know_of_it_yet(two_nodes) -> None:
    one, other = two_nodes
    key = one.user("denied", allow("iam:*"))
    other.caught_up()
    deny = policy({**allow("*"), "Effect": "Deny"})
    one.client("iam").put_user_policy(UserName="denied", PolicyName="stop", PolicyDocument=deny)
    named = {"UserName": "denied", "PolicyName": "stop"}
    mine, allowing = other.client("iam", key), policy(allow("*"))

    # To a node that is behind there is no such policy to be deleted, but there may be one to be
    # put.
    assert code_of(lambda: mine.delete_user_policy(**named)) == "NoSuchEntity"
    assert code_of(lambda: mine.put_user_policy(**named, PolicyDocument=allowing)) == "AccessDenied"
    assert code_of(lambda: mine.delete_user_policy(**named)) == "AccessDenied"
    kept = one.client("iam").get_user_policy(**named)["PolicyDocument"]
    assert kept["Statement"][0]["Effect"] == "Deny"


def test_t312_ha_what_was_revoked_is_not_brought_back_by_a_node_that_was_behind(two_nodes) -> None:
    one, other = two_nodes
    key = one.user("revoked", allow("iam:*"))
    other.caught_up()
    named = {"UserName": "revoked", "AccessKeyId": key["AccessKeyId"]}
    one.client("iam").update_access_key(**named, Status="Inactive")
    other.client("iam").tag_user(UserName="revoked", Tags=[{"Key": "a", "Value": "b"}])

    for node in two_nodes:
        node.caught_up()
        assert code_of(node.client("iam", key).get_user) == "InvalidClientTokenId"


def test_a_session_of_one_works_on_the_other(two_nodes) -> None:
    one, other = two_nodes
    key = one.user("roamer", allow("sts:*"))
    arn = one.role("roamed", f"arn:aws:iam::{one.account}:user/roamer")
    made = one.client("sts", key).assume_role(RoleArn=arn, RoleSessionName="roaming")
    other.caught_up()

    found = other.client("sts", made["Credentials"]).get_caller_identity()
    assert found["Arn"].endswith("assumed-role/roamed/roaming")


def test_of_many_requests_for_the_same_user_on_both_one_succeeds(two_nodes) -> None:
    # T293-DATA
    clients = [node.client("iam") for node in two_nodes]

    def make(number):
        try:
            clients[number % 2].create_user(UserName="wanted-by-many")
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "made"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(make, range(16)))
    assert sorted(outcomes) == ["EntityAlreadyExists"] * 15 + ["made"]


def test_crowds_of_changes_on_both_lose_none(two_nodes) -> None:
    one, other = two_nodes
    clients = [node.client("iam") for node in two_nodes]
    names = [f"crowd{number:02}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda each: each[0].create_user(UserName=each[1], Path="/crowd/"),
                zip(itertools.cycle(clients), names),
            )
        )

    directories = [node.caught_up() for node in two_nodes]
    for directory in directories:
        known = [
            user.name for user in directory.account(one.account).of(User) if user.path == "/crowd/"
        ]
        assert known == names
    assert directories[0].position == directories[1].position
    assert other.data.path == one.data.path


def test_a_one_time_code_is_good_on_one_of_them(two_nodes) -> None:
    # T161-PORTAL
    one, other = two_nodes
    key = one.user("with-device")
    serial, code = one.device("with-device")
    other.caught_up()

    assert one.client("sts", key).get_session_token(SerialNumber=serial, TokenCode=code)
    assert (
        code_of(
            lambda: other.client("sts", key).get_session_token(SerialNumber=serial, TokenCode=code)
        )
        == "AccessDenied"
    )


def test_wrong_codes_on_both_count_together(two_nodes) -> None:
    # T163-PORTAL
    one, other = two_nodes
    key = one.user("guesser-of-both")
    serial, code = one.device("guesser-of-both")
    other.caught_up()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    clients = itertools.cycle([one.client("sts", key), other.client("sts", key)])
    codes = [
        code_of(lambda: next(clients).get_session_token(SerialNumber=serial, TokenCode=wrong))
        for _ in range(FREE_TRIES + 2)
    ]

    assert codes == ["AccessDenied"] * FREE_TRIES + ["Throttling"] * 2


def test_a_keys_last_use_on_one_is_shown_on_the_other(two_nodes) -> None:
    one, other = two_nodes
    key = one.user("used-on-one", allow("sts:*"))
    other.caught_up()

    def last_used(node):
        found = node.client("iam").get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
        return found["AccessKeyLastUsed"]

    assert last_used(other)["ServiceName"] == "N/A"
    one.client("sts", key).get_caller_identity()
    for node in two_nodes:
        node.data.flush(None)
        node.caught_up()

    assert last_used(other) == last_used(one)
    assert last_used(other)["ServiceName"] == "sts"
    assert last_used(other)["LastUsedDate"]


def test_a_roles_last_use_on_one_is_shown_on_the_other(two_nodes) -> None:
    one, other = two_nodes
    key = one.user("user-of-role", allow("sts:*"))
    arn = one.role("used-on-one", f"arn:aws:iam::{one.account}:user/user-of-role")
    other.caught_up()
    one.client("sts", key).assume_role(RoleArn=arn, RoleSessionName="using")
    for node in two_nodes:
        node.data.flush(None)
        node.caught_up()

    used = [
        node.client("iam").get_role(RoleName="used-on-one")["Role"]["RoleLastUsed"]
        for node in two_nodes
    ]
    assert used[0] == used[1]
    assert used[1]["LastUsedDate"]


def test_a_bucket_of_one_has_its_policy_on_the_other(two_nodes) -> None:
    one, other = two_nodes
    one.client("s3").create_bucket(Bucket="of-both-nodes")
    key = one.user("reader-of-both", allow("s3:*", "arn:aws:s3:::of-both-nodes/*"))
    other.caught_up()
    other.client("s3", key).put_object(Bucket="of-both-nodes", Key="k", Body=b"x")

    assert one.client("s3", key).get_object(Bucket="of-both-nodes", Key="k")["Body"].read() == b"x"
    # In us-east-1 its owner may create it again, which changes nothing.
    assert other.client("s3").create_bucket(Bucket="of-both-nodes")["Location"]
    assert (
        other.client("s3", key).get_object(Bucket="of-both-nodes", Key="k")["Body"].read() == b"x"
    )


def test_each_change_stands_in_the_log_of_the_node_that_made_it_alone(two_nodes) -> None:
    one, other = two_nodes
    one.client("iam").create_user(UserName="logged-by-one")
    other.client("iam").create_user(UserName="logged-by-other")
    told = []
    for node in two_nodes:
        entries = list(read_log(node.data.audit.path))
        told.append(
            {
                entry.event.resource.rpartition("/")[2]
                for entry in entries
                if entry.event.operation == "CreateUser"
            }
        )

    assert one.data.audit.path != other.data.audit.path
    assert "logged-by-one" in told[0] - told[1]
    assert "logged-by-other" in told[1] - told[0]


def test_the_logs_of_both_are_read_as_one_in_the_order_of_their_commits(two_nodes) -> None:
    one, other = two_nodes
    for number, node in enumerate((one, other, one, other)):
        node.client("iam").create_user(UserName=f"in-one-order-{number}")
    lines = list(merged_lines(one.data.path))
    commits = [line.commit for _, line in lines if line.commit]
    made = [node for node, line in lines if "in-one-order" in line.event.resource and line.commit]

    assert commits == sorted(set(commits))
    assert made == ["1", "2", "1", "2"]
