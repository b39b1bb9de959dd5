"""Configurations made from a number, and who a profile of one is: by botocore, and by Daypass.

Both sides run on one network that is no network: STS, the access portal, a container's endpoint and
a machine's metadata answer with keys that are made from the whole of the question, so that two
answers are one only if every question before them was.
"""

import contextlib
import datetime
import functools
import hashlib
import json
import os
import random
import re
import types
import urllib.parse
from dataclasses import dataclass, field
from unittest import mock

import botocore.credentials
import botocore.httpsession
import botocore.loaders
import botocore.session
from botocore.awsrequest import AWSResponse

from daypass.client import configuration_files, credential_plan, source_credentials
from daypass.client.credentials_unavailable import CredentialsUnavailable
from daypass.client.sts import fetch

NAMES = ("default", "a", "b", "c", "d e")
LATER = "2099-01-01T00:00:00Z"
CONTAINER = "http://127.0.0.1:1/credentials"
CODE = "123456"
PORTAL = "https://portal.test/start"
REFUSED = "refused"
OWN_REFUSALS = re.compile(
    r"is not a number|is empty|is a section of its own|leads over more than|cannot be used: Parameter"
)
"""What Daypass refuses before STS is asked, and botocore leaves out or leaves to STS."""


@dataclass(frozen=True)
class Case:
    """A configuration: two files, the environment, and the option `--profile`, empty without."""

    seed: int
    config: str
    credentials: str
    environ: dict
    option: str

    def __str__(self):
        shown = "\n".join(f"{name}={value}" for name, value in sorted(self.environ.items()))
        return f"{self.seed}: --profile {self.option!r}\n{shown}\n--- config\n{self.config}\n--- credentials\n{self.credentials}"


@dataclass
class Outcome:
    """Who a profile is: the key that it ends with, and what was asked for it; or a refusal."""

    key: str = REFUSED
    asked: list = field(default_factory=list)
    words: str = ""
    region: str = "us-east-1"
    """Where STS is asked if neither a variable nor the profile names a region."""


# Making configurations.


class _Maker:
    """One configuration, written by a random generator of a seed."""

    def __init__(self, seed, folder):
        self.random, self.folder = random.Random(seed), folder
        self.config, self.credentials = {}, {}
        self.known = self.random.sample(NAMES, self.random.randint(1, len(NAMES)))
        for name in self.known:
            for kind in self.random.sample(KINDS, self.random.choice((1, 1, 1, 2, 2, 3))):
                kind(self, name)
        if self.some(0.3):
            self.chain()

    def some(self, share):
        return self.random.random() < share

    def put(self, where, name, **values):
        where.setdefault(name, {}).update(values)

    def anywhere(self):
        return self.config if self.some(0.8) else self.credentials

    def static(self, name):
        where = self.random.choice((self.config, self.credentials, self.credentials))
        mark = f"{name[0]}{'config' if where is self.config else 'credentials'}"
        values = {"aws_access_key_id": f"AKIA{mark}", "aws_secret_access_key": "s"}
        if self.some(0.3):
            token = self.random.choice(("aws_session_token", "aws_security_token"))
            values |= {token: f"token-{mark}", "aws_access_key_id": f"ASIA{mark}"}
        if self.some(0.08):
            del values[self.random.choice(sorted(values))]
        self.put(where, name, **values)

    def role(self, name):
        values = {"role_arn": f"arn:aws:iam::111122223333:role/{name[0]}"}
        if self.some(0.8):
            others = [each for each in self.known if each != name] or [name]
            odd = self.random.choice((name, "gone", ""))
            values["source_profile"] = odd if self.some(0.1) else self.random.choice(others)
        if self.some(0.2 if "source_profile" not in values else 0.04):
            values["credential_source"] = self.random.choice(
                ("Environment", "EcsContainer", "Ec2InstanceMetadata", "environment", "Nowhere")
            )
        more = {
            "role_session_name": f"session-{name[0]}",
            "external_id": "outside",
            "mfa_serial": "arn:aws:iam::111122223333:mfa/phone",
            "duration_seconds": self.random.choice(("900", "3600", "43200")),
        }
        values |= {key: value for key, value in more.items() if self.some(0.25)}
        if self.some(0.05):
            odd = {"duration_seconds": "3²", "external_id": "", "mfa_serial": "", "role_arn": ""}
            values |= dict([self.random.choice(sorted(odd.items()))])
        self.put(self.anywhere(), name, **values)

    def chain(self):
        """Let each known profile lead to the next, and the last one hold keys."""
        *roles, last = self.known
        for name, source in zip(roles, self.known[1:], strict=True):
            self.role(name)
            for where in (self.config, self.credentials):
                if "role_arn" in where.get(name, {}):
                    where[name].pop("credential_source", None)
                    where[name]["source_profile"] = source
        self.random.choice((self.static, self.static, self.process, self.portal))(last)

    def web_identity(self, name):
        file = self.folder / ("token" if self.some(0.8) else "no-token")
        values = {"web_identity_token_file": str(file)}
        if self.some(0.8):
            values["role_arn"] = f"arn:aws:iam::111122223333:role/web-{name[0]}"
        if self.some(0.4):
            values["role_session_name"] = "web"
        self.put(self.anywhere(), name, **values)

    def process(self, name):
        answer = self.random.choice(sorted(each.name for each in self.folder.glob("*.json")))
        command = f"cat {self.folder}/{answer}"
        if self.some(0.15):
            command = self.random.choice(("no-such-program", "false", "cat 'open", "", "echo {}"))
        self.put(self.anywhere(), name, credential_process=command)

    def portal(self, name):
        values = {"sso_account_id": "111122223333", "sso_role_name": f"set-{name[0]}"}
        if self.some(0.5):
            values |= {"sso_start_url": PORTAL, "sso_region": "us-east-1"}
        else:
            values["sso_session"] = self.random.choice(("work", "work", "gone"))
        if self.some(0.1):
            del values[self.random.choice(sorted(values))]
        self.put(self.config, name, **values)

    def region(self, name):
        self.put(self.config, name, region=self.random.choice(("eu-west-1", "us-west-2")))

    def endpoint(self, name):
        self.put(self.config, name, endpoint_url=f"https://{name[0]}.lab.test")

    def text(self, sections, *, is_config):
        lines = []
        if is_config and self.some(0.05):
            lines += ["[DEFAULT]", f"region = {self.random.choice(('sa-east-1', 'eu-north-1'))}"]
        for name in self.random.sample(sorted(sections), len(sections)):
            lines.append(f"[{self.header(name, is_config=is_config)}]")
            for key, value in sections[name].items():
                lines.append(self.line(key, value))
            if self.some(0.1):
                lines.append(self.random.choice(ODD_LINES))
            if self.some(0.01):
                lines.append(self.random.choice(BROKEN_LINES))
        if is_config:
            lines += ["[sso-session work]", f"sso_start_url = {PORTAL}", "sso_region = us-east-1"]
        return "\n".join(lines) + "\n"

    def header(self, name, *, is_config):
        if not is_config or (name == "default" and self.some(0.7)):
            return name
        quoted = f'"{name}"' if " " in name or self.some(0.1) else name
        return f"profile{self.random.choice((' ', ' ', '  '))}{quoted}"

    def line(self, key, value):
        if self.some(0.05):
            key = key.upper()
        sign = self.random.choice(("=", " = ", " = ", ":", "  =\t"))
        tail = self.random.choice(("", "", "", "", "  ", "\n# a comment", "\n"))
        return f"{key}{sign}{value}{tail}"

    def environ(self):
        found = {}
        if self.some(0.35):
            found |= {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}
            if self.some(0.3):
                found |= {"AWS_ACCESS_KEY_ID": "ASIAENV", "AWS_SESSION_TOKEN": "t"}
                if self.some(0.3):
                    found["AWS_CREDENTIAL_EXPIRATION"] = self.random.choice(
                        (LATER, "2020-01-01T00:00:00Z")
                    )
            if self.some(0.1):
                del found[self.random.choice(sorted(found))]
        for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            if self.some(0.25):
                found[variable] = self.random.choice(
                    (*self.known, *self.known, *self.known, "gone")
                )
        for share, more in (
            (0.2, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": CONTAINER}),
            (0.15, {"AWS_WEB_IDENTITY_TOKEN_FILE": str(self.folder / "token"),
                    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/env"}),
            (0.5, {"AWS_EC2_METADATA_DISABLED": "true"}),
            (0.2, {"AWS_DEFAULT_REGION": "ap-south-1"}),
            (0.2, {"AWS_ENDPOINT_URL": "https://every.lab.test"}),
            (0.1, {"AWS_ENDPOINT_URL_STS": "https://sts.lab.test"}),
            (0.1, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}),
            (0.05, {"BOTO_CONFIG": str(self.folder / "boto")}),
        ):  # fmt: skip
            if self.some(share):
                found |= more
        return found

    def case(self, seed):
        option = self.random.choice(("", "", *self.known, *self.known, *self.known))
        return Case(
            seed,
            self.text(self.config, is_config=True),
            self.text(self.credentials, is_config=False),
            self.environ(),
            option,
        )


KINDS = (
    _Maker.static, _Maker.static, _Maker.static, _Maker.role, _Maker.role, _Maker.role,
    _Maker.role, _Maker.web_identity, _Maker.process, _Maker.portal, _Maker.region,
    _Maker.endpoint,
)  # fmt: skip
ODD_LINES = (
    "s3 =\n  addressing_style = path", "output = json ; not a comment", "; a comment", "cli_pager=",
    "source_region = x", "toolkit_artifact_guid: 1",
)  # fmt: skip
BROKEN_LINES = (
    "region = eu-west-1\n  two", "no value", "aws_session_token = x", "role_arn =\n  nested = yes",
    "s3 =\n  nested", "[default]", "[open", "\tindented = yes",
)  # fmt: skip


def written(folder):
    """Write the files that configurations name into a folder, once; return it."""
    keys = {"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "s"}
    temporary = keys | {"AccessKeyId": "ASIAPROCESS", "SessionToken": "t"}
    for name, answer in {
        "long": keys,
        "temporary": temporary | {"Expiration": LATER},
        "endless": temporary,
        "past": temporary | {"Expiration": "2020-01-01T00:00:00Z"},
        "no-end": temporary | {"Expiration": ""},
        "no-zone": temporary | {"Expiration": "2099-01-01T00:00:00"},
        "partial": {"Version": 1, "AccessKeyId": "AKIAPROCESS"},
        "second": keys | {"Version": 2},
        "list": [keys],
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(answer))
    (folder / "text.json").write_text("not JSON")
    (folder / "token").write_text("a.web.token")
    (folder / "boto").write_text(
        "[Credentials]\naws_access_key_id=AKIABOTO\naws_secret_access_key=s\n"
    )
    (folder / "tokens").mkdir()
    token = {"accessToken": "portal", "expiresAt": LATER, "startUrl": PORTAL, "region": "us-east-1"}
    for start in (PORTAL, "work"):
        name = hashlib.sha1(start.encode(), usedforsecurity=False).hexdigest()
        (folder / "tokens" / f"{name}.json").write_text(json.dumps(token))
    return folder


def generated(seed, folder):
    """Return the configuration of a number; `folder` is from `written`."""
    return _Maker(seed, folder).case(seed)


# The network.


class Network:
    """What answers; `asked` are the calls of STS and others, each with who signed it and where."""

    def __init__(self):
        self.asked = []

    def send(self, request):
        parts = urllib.parse.urlsplit(request.url)
        if parts.hostname == "169.254.169.254":
            return self._metadata(request, parts.path)
        if request.url == CONTAINER:
            return self._answer(request, json.dumps(_keys("container", "Token")))
        if parts.path == "/federation/credentials":
            return self._portal(request, parts)
        return self._sts(request, parts.hostname)

    def _metadata(self, request, path):
        if path == "/latest/api/token":
            return self._answer(request, "token")
        if path.endswith("/machine"):
            return self._answer(
                request, json.dumps({"Code": "Success", **_keys("machine", "Token")})
            )
        return self._answer(request, "machine")

    def _portal(self, request, parts):
        self.asked.append(("portal", parts.hostname, parts.query))
        made = _keys(parts.query, "SessionToken")
        return self._answer(
            request,
            json.dumps({"roleCredentials": {
                "accessKeyId": made["AccessKeyId"], "secretAccessKey": "s", "sessionToken": "t",
                "expiration": 4_070_908_800_000,
            }}),
        )  # fmt: skip

    def _sts(self, request, host):
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        form = dict(urllib.parse.parse_qsl(body))
        signed = re.search(
            r"Credential=([^/]+)/[0-9]+/([^/]+)", str(request.headers.get("Authorization"))
        )
        name = form.get("RoleSessionName", "")
        if name.startswith("botocore-session-") or name == OWN_NAME:
            name = ""
        known = {
            key: form.get(key, "")
            for key in ("Action", "RoleArn", "ExternalId", "SerialNumber", "TokenCode", "DurationSeconds")
        }  # fmt: skip
        signer = signed[1] if signed else ""
        question = (*known.values(), name, signer, host, signed[2] if signed else "")
        action = known["Action"]
        if action == "GetCallerIdentity":
            inner = f"<Arn>arn:aws:iam::111122223333:user/{OWN_NAME}</Arn>"
        else:
            self.asked.append(question)
            made = _keys(repr(question), "SessionToken")
            inner = (
                "<Credentials>"
                + "".join(f"<{k}>{v}</{k}>" for k, v in made.items())
                + "</Credentials>"
            )
        return self._answer(
            request,
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>'
            f"{inner}</{action}Result></{action}Response>",
        )

    def _answer(self, request, text):
        raw = types.SimpleNamespace(stream=lambda **_: [text.encode()])
        return AWSResponse(request.url, 200, {"content-type": "text/xml"}, raw)


OWN_NAME = "own-name"


def _keys(of, token):
    digest = hashlib.sha256(of.encode()).hexdigest()[:16].upper()
    return {"AccessKeyId": f"ASIA{digest}", "SecretAccessKey": "s", token: "t", "Expiration": LATER}


# The two sides.


@functools.cache
def _loader():
    return botocore.loaders.create_loader()


@contextlib.contextmanager
def _world(case, folder):
    """Set the process's environment and network to those of a case; yield the network."""
    (folder / "config").write_text(case.config)
    (folder / "credentials").write_text(case.credentials)
    network = Network()
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
    }
    patches = (
        mock.patch.dict(os.environ, own | case.environ, clear=True),
        mock.patch.object(
            botocore.httpsession.URLLib3Session,
            "send",
            lambda _self, request: network.send(request),
        ),
        mock.patch.object(botocore.session, "create_loader", return_value=_loader()),
        mock.patch.object(
            botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(folder / "tokens")
        ),
        mock.patch.object(
            botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", str(folder / "tokens")
        ),
    )
    with contextlib.ExitStack() as stack:
        for each in patches:
            stack.enter_context(each)
        yield network


def of_botocore(case, folder, *, region="us-east-1"):
    """Return who a session of botocore is that is given the profile; `region` if it has none.

    The profile is the option's, the environment's as botocore reads it, or `default` if there is
    one: a command is about a profile, whatever keys a shell holds.
    """
    with _world(case, folder) as network:
        try:
            named = case.option or botocore.session.Session().get_config_variable("profile")
            if named is None and "default" in botocore.session.Session().full_config["profiles"]:
                named = "default"
            session = botocore.session.Session(profile=named)
            if session.get_config_variable("region") is None:
                session.set_config_variable("region", region)
            roles = session.get_component("credential_provider").get_provider("assume-role")
            roles._prompter = lambda _: CODE
            found = session.get_credentials()
            if found is None:
                return Outcome(words="no credentials")
            return Outcome(found.get_frozen_credentials().access_key, network.asked)
        except Exception as error:  # noqa: BLE001 - any of them is a refusal
            return Outcome(words=f"{type(error).__name__}: {error}")


def of_daypass(case, folder):
    """Return who Daypass's plan is; an exception that is none of its own is not caught."""
    with _world(case, folder) as network:
        named = case.option or configuration_files.requested_profile(os.environ)
        try:
            plan = credential_plan.plan_credentials(named)
            keys = source_credentials.find_source_credentials(plan)
            entry = fetch.get_credentials(
                plan,
                keys,
                fetch.NoCache(),
                now=datetime.datetime.now(datetime.UTC).timestamp(),
                ask=lambda _: CODE,
            )
        except (CredentialsUnavailable, fetch.STSFailed) as error:
            return Outcome(words=str(error))
        if not plan.has_roles and not keys.session_token:
            # An access key is not handed out: the session for it is Daypass's own step.
            assert network.asked.pop()[0] == "GetSessionToken"
            return Outcome(keys.access_key_id, network.asked)
        region = plan.region or Outcome.region
        return Outcome(entry.access_key_id, network.asked, region=region)


def compared(case, folder):
    """Return who the profile is to Daypass, and what botocore differs in, empty if they agree."""
    found = of_daypass(case, folder)
    if found.key == REFUSED and OWN_REFUSALS.search(found.words):
        return found, ""
    expected = of_botocore(case, folder, region=found.region)
    if (expected.key, expected.asked) == (found.key, found.asked):
        return found, ""
    return found, f"botocore: {expected}\nDaypass: {found}\n{case}"


def difference(case, folder):
    """Return what differs between the two, empty if they agree."""
    return compared(case, folder)[1]
