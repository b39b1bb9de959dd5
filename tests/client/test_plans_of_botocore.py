"""A profile is to Daypass who it is to botocore: generated configurations, and cases of a kind."""

import dataclasses

import pytest
from tests.client import generated_profiles
from tests.client.generated_profiles import REFUSED, Case, Outcome

from daypass.client import configuration_files, credential_plan, source_credentials

SEEDS = 48
"""How many configurations an ordinary run takes; `make campaign ARGS=answers` takes more."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return generated_profiles.written(tmp_path_factory.mktemp("profiles"))


@pytest.fixture(scope="module")
def compared(folder):
    cases = [generated_profiles.generated(seed, folder) for seed in range(SEEDS)]
    return [generated_profiles.compared(each, folder) for each in cases]


def test_a_generated_profile_is_to_daypass_who_it_is_to_botocore(compared) -> None:
    assert "\n\n".join(difference for _, difference in compared if difference) == ""


def test_configurations_are_of_many_kinds(compared) -> None:
    # A comparison of refusals alone would agree for ever.
    named = [found for found, _ in compared if found.key != REFUSED]

    assert len(named) > SEEDS / 3
    assert {len(each.asked) for each in named} >= {0, 1, 2}
    assert len({each.key for each in named}) > SEEDS / 6


def the_other_variable_first(patch):
    patch.setattr(configuration_files, "PROFILE_VARIABLES", ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"))


def external_ids_are_lost(patch):
    real = credential_plan._sts_step
    patch.setattr(
        credential_plan,
        "_sts_step",
        lambda *given: dataclasses.replace(real(*given), external_id=""),
    )


def the_environment_comes_first(patch):
    real = source_credentials._providers
    patch.setattr(
        source_credentials,
        "_providers",
        lambda plan: [source_credentials.EnvProvider(), *real(plan)],
    )


def a_source_profile_may_be_a_machine(patch):
    patch.setattr(
        source_credentials,
        "_providers",
        lambda plan: plan.session().get_component("credential_provider").providers,
    )


@pytest.mark.parametrize(
    "fault",
    [
        the_other_variable_first,
        external_ids_are_lost,
        the_environment_comes_first,
        a_source_profile_may_be_a_machine,
    ],
    ids=lambda fault: fault.__name__,
)
def test_a_deliberate_fault_is_found(folder, monkeypatch, fault) -> None:
    fault(monkeypatch)
    cases = (generated_profiles.generated(seed, folder) for seed in range(400))

    assert any(generated_profiles.difference(each, folder) for each in cases)


# Cases of which each once had another answer. By name: the two files, the environment, and which
# calls are made with which key.

ALICE = "aws_access_key_id = AKIAALICE\naws_secret_access_key = s\n"
TEMPORARY = "aws_access_key_id = ASIATEMP\naws_secret_access_key = s\naws_session_token = t\n"
ENV = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}
NO_MACHINE = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "eu-west-1"}


def role(name):
    return f"role_arn = arn:aws:iam::111122223333:role/{name}\n"


CASES = {
    "keys of its own end a chain": (
        f"[default]\n{role('r2')}source_profile = default\n[profile prod]\n{role('only-alice')}source_profile = default\n",
        f"[default]\n{ALICE}",
        {"AWS_PROFILE": "prod"},
        [("only-alice", "AKIAALICE")],
    ),
    "a role of the profile before that one": (
        f"[default]\n{role('r2')}source_profile = default\n",
        f"[default]\n{ALICE}",
        {},
        [("r2", "AKIAALICE")],
    ),
    "the older variable alone": (
        "",
        f"[default]\n{ALICE}[prod]\n{ALICE.replace('ALICE', 'PROD')}",
        {"AWS_DEFAULT_PROFILE": "prod"},
        "AKIAPROD",
    ),
    "the older variable before the newer": (
        "",
        f"[other]\n{ALICE}[prod]\n{ALICE.replace('ALICE', 'PROD')}",
        {"AWS_DEFAULT_PROFILE": "prod", "AWS_PROFILE": "other"},
        "AKIAPROD",
    ),
    "an empty variable": (
        "",
        f"[default]\n{ALICE}[prod]\n{ALICE.replace('ALICE', 'PROD')}",
        {"AWS_DEFAULT_PROFILE": "", "AWS_PROFILE": "prod"},
        "AKIAPROD",
    ),
    "temporary keys": ("", f"[default]\n{TEMPORARY}", {}, "ASIATEMP"),
    "a role of temporary keys": (
        f"[profile prod]\n{role('r')}source_profile = default\n",
        f"[default]\n{TEMPORARY}",
        {"AWS_PROFILE": "prod"},
        [("r", "ASIATEMP")],
    ),
    "a program that prints temporary keys": (
        "[default]\ncredential_process = cat {folder}/temporary.json\n", "", {}, "ASIAPROCESS",
    ),
    "a program that prints an access key": (
        "[default]\ncredential_process = cat {folder}/long.json\n", "", {}, "AKIAPROCESS",
    ),
    "a role of a program's keys": (
        f"[default]\n{role('r')}source_profile = tool\n[profile tool]\ncredential_process = cat {{folder}}/long.json\n",
        "", {}, [("r", "AKIAPROCESS")],
    ),
    "keys before a program": (
        "[default]\ncredential_process = cat {folder}/temporary.json\n",
        f"[default]\n{ALICE}", {}, "AKIAALICE",
    ),
    "a program before keys in the configuration file": (
        f"[default]\n{ALICE}credential_process = cat {{folder}}/temporary.json\n", "", {}, "ASIAPROCESS",
    ),
    "no file at all": ("", "", ENV, "AKIAENV"),
    "no file at all, and temporary keys": (
        "", "", ENV | {"AWS_ACCESS_KEY_ID": "ASIAENV", "AWS_SESSION_TOKEN": "t"}, "ASIAENV",
    ),
    "a file without default": ("[profile other]\nregion = x\n", f"[other]\n{ALICE}", ENV, "AKIAENV"),
    "a profile that is named before the environment": (
        "", f"[prod]\n{ALICE}", ENV | {"AWS_PROFILE": "prod"}, "AKIAALICE",
    ),
    "a default before the environment": ("", f"[default]\n{ALICE}", ENV, "AKIAALICE"),
    "credential_source": (
        f"[default]\n{role('r')}credential_source = Environment\n", f"[default]\n{ALICE}", ENV,
        [("r", "AKIAENV")],
    ),
    "credential_source without keys there": (
        f"[default]\n{role('r')}credential_source = Environment\n", f"[default]\n{ALICE}", {}, REFUSED,
    ),
    "a source profile without keys, on a machine that has some": (
        f"[default]\n{role('r')}source_profile = bare\n[profile bare]\nregion = eu-west-1\n", "",
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": generated_profiles.CONTAINER}, REFUSED,
    ),
    "a role with a web identity's file is no role of keys": (
        f"[default]\n{role('r')}web_identity_token_file = {{folder}}/token\nsource_profile = gone\n",
        "", {}, [("r", "")],
    ),
    "a role without an ARN": (
        "[default]\nrole_arn =\nsource_profile = default\n", f"[default]\n{ALICE}", {}, REFUSED,
    ),
    "an empty name of a file": ("[default]\n" + ALICE, "", {"AWS_CONFIG_FILE": ""}, REFUSED),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_who_a_profile_is(folder, name) -> None:
    config, credentials, environ, expected = CASES[name]
    case = Case(0, config.replace("{folder}", str(folder)), credentials, NO_MACHINE | environ, "")
    found = generated_profiles.of_daypass(case, folder)

    if isinstance(expected, list):
        asked = [(each[1].rpartition("/")[2], each[7]) for each in found.asked]
        assert asked == expected, found
    else:
        assert (found.key, found.asked) == (expected, []), found


def test_two_sides_that_differ_are_told(folder, monkeypatch) -> None:
    case = Case(7, "", f"[default]\n{ALICE}", NO_MACHINE, "")
    monkeypatch.setattr(generated_profiles, "of_daypass", lambda *_: Outcome("AKIABOB"))

    assert "AKIAALICE" in generated_profiles.difference(case, folder)
