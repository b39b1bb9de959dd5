"""Many concurrent writers of one organization: no change is lost."""

import threading

from tests.services.organizations.conftest import SCP, founded


def test_thirty_policies_are_attached_and_four_accounts_made_at_once(first) -> None:
    org = founded(first)
    client = org.o
    units = [
        client.create_organizational_unit(ParentId=org.root, Name=f"crowd-{n}")[
            "OrganizationalUnit"
        ]["Id"]
        for n in range(6)
    ]
    content = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"x:Y","Resource":"*"}]}'
    )
    policies = [
        client.create_policy(Name=f"crowd-{n}", Type=SCP, Description="", Content=content)[
            "Policy"
        ]["PolicySummary"]["Id"]
        for n in range(5)
    ]
    failed = []

    def attempt(call, **params):
        try:
            call(**params)
        except Exception as error:  # noqa: BLE001 - whatever it was, the test tells
            failed.append(error)

    calls = [
        (client.attach_policy, {"PolicyId": policy, "TargetId": unit})
        for unit in units
        for policy in policies
    ]
    calls += [
        (
            client.create_account,
            {"AccountName": f"crowd {n}", "Email": f"crowd{n}-{org.id}@example.com"},
        )
        for n in range(4)
    ]
    crowd = [
        threading.Thread(target=attempt, args=(call,), kwargs=params) for call, params in calls
    ]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()

    assert failed == []
    for unit in units:
        found = client.list_policies_for_target(TargetId=unit, Filter=SCP)["Policies"]
        assert {each["Id"] for each in found} == {*policies, "p-FullAWSAccess"}
    states = {
        each["State"] for each in client.list_create_account_status()["CreateAccountStatuses"]
    }
    assert states == {"SUCCEEDED"}
