"""A running authority with people: records put beside its API, and clients of the portal."""

import http.client
import itertools
import time
from urllib.parse import urlsplit

import boto3
import botocore.config
from botocore import UNSIGNED
from msgspec.structs import replace
from tests.services import portal_records as records

from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.portal_session import PortalSession
from daypass.core.time.steady_time import Moment
from daypass.server import clock
from daypass.services.kit.identity_center.portal_sessions import open_portal_session
from daypass.state.changes import Changes, Put, Remove

TOKEN_HEADER = "x-amz-sso_bearer_token"


def opened_for(live, store, person):
    """Open a portal session of a person, as an operator's command does; return it."""
    now = time.time()
    directory = live.data.committer.directory
    opened = open_portal_session(
        directory,
        directory.identity_store(store).of(Person).get(person),
        moment=Moment(now, now),
        opened_by="operator",
        entropy=clock.entropy,
        ring=live.data.keyring,
    )
    live.data.committer.submit(Changes([Put(opened.session)]), b"{}").result()
    return opened


def portal_client(live):
    """Return a boto3 client of the portal, which signs nothing."""
    return boto3.session.Session().client(
        "sso",
        region_name=records.REGION,
        endpoint_url=live.url,
        config=botocore.config.Config(
            retries={"total_max_attempts": 1}, signature_version=UNSIGNED
        ),
    )


def named_as_sts(found):
    """Return role credentials of the portal under the names of STS."""
    return {
        "AccessKeyId": found["accessKeyId"],
        "SecretAccessKey": found["secretAccessKey"],
        "SessionToken": found["sessionToken"],
    }


class LivePortal:
    """The people of `portal_records` on a running authority; each test takes a person of its own."""

    def __init__(self, live):
        self.live = live
        self._numbers = itertools.count(1)
        self.put(*records.portal_records())

    @property
    def directory(self):
        return self.live.data.committer.directory

    def put(self, *changed):
        self._commit(map(Put, changed))

    def remove(self, *removed):
        self._commit(map(Remove, removed))

    def _commit(self, changes):
        self.live.data.committer.submit(Changes(list(changes)), b"{}").result()

    def newcomer(self, *assigned):
        """Make a person with assignments, each an account and a permission set's id."""
        number = next(self._numbers)
        who = records.person(records.uuid(0x1000 + number), f"person{number}")
        self.put(who, *(records.assignment(who.id, *each) for each in assigned))
        return who

    def person(self, identifier):
        return self.directory.identity_store(records.STORE).of(Person).get(identifier)

    def end_person(self, who, **changes):
        found = self.person(who.id)
        generation = found.generation + 1
        self.put(replace(found, generation=generation, ended_by="administrator", **changes))

    def open_session(self, who):
        """Open a portal session as an operator's command does."""
        return opened_for(self.live, records.STORE, who.id)

    def sessions(self, who):
        return list(self.directory.partition(f"person-{who.id}").of(PortalSession))

    def portal(self, live=None):
        """Return a client of the portal, of this node or another."""
        return portal_client(live or self.live)

    def credentials(self, token, account=records.MEMBER, role="Admin"):
        """Return a role's credentials under the names of STS."""
        found = self.portal().get_role_credentials(
            accountId=account, roleName=role, accessToken=token
        )
        return named_as_sts(found["roleCredentials"])

    def send(self, method, path, headers=()):
        """Send a request as it is; return its status, its headers and its body."""
        at = urlsplit(self.live.url)
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=30)
        try:
            connection.putrequest(method, path)
            for name, value in headers:
                connection.putheader(name, value)
            if method == "POST":
                connection.putheader("content-length", "0")
            connection.endheaders()
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()
