"""A person's home directory: profiles of IAM Identity Center, and the token file of a sign-in."""

import hashlib
import json
import os

SESSION = "daypass-test"
START_URL = "https://d-0123456789.awsapps.com/start"
SERVICES = ("sso", "sso_oidc", "sts", "iam", "s3")


class PersonHome:
    """Profiles that name a session of that name, or the start URL itself as they did at first."""

    def __init__(self, path, url, profiles, *, is_legacy=False):
        self.path = path
        self.url = url
        self.cached_as = START_URL if is_legacy else SESSION
        shared = {"sso_start_url": START_URL, "sso_region": "us-east-1"}
        named = shared if is_legacy else {"sso_session": SESSION}
        sections = {
            f"sso-session {SESSION}": {**shared, "sso_registration_scopes": "sso:account:access"}
        }
        for name, (account, role) in profiles.items():
            sections[f"profile {name}"] = {
                **named,
                "sso_account_id": account,
                "sso_role_name": role,
                "region": "us-east-1",
                "services": SESSION,
            }
        self._write("config", _ini(sections) + _services(url))

    def sign_in(self, token):
        """Write the token file as `aws sso login` does, from what `daypass person token` prints."""
        name = hashlib.sha1(self.cached_as.encode(), usedforsecurity=False).hexdigest()
        self._write(f"sso/cache/{name}.json", json.dumps({"startUrl": START_URL, **token}))

    def environment(self, profile=None, **more):
        """Return the environment of a client: no keys and no endpoint but those of the files."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        named = {"AWS_PROFILE": profile} if profile else {}
        return {
            **kept,
            "HOME": str(self.path),
            "AWS_PAGER": "",
            "AWS_DEFAULT_OUTPUT": "json",
            "AWS_EC2_METADATA_DISABLED": "true",
            **named,
            **more,
        }

    def _write(self, name, text):
        file = self.path / ".aws" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o600)


def _ini(sections):
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in members.items()) + "\n"
        for name, members in sections.items()
    )


def _services(url):
    listed = "".join(f"{name} =\n  endpoint_url = {url}\n" for name in SERVICES)
    return f"[services {SESSION}]\n{listed}"
