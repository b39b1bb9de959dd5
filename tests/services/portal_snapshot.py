"""A small directory with people, in which operations of the portal are called as functions."""

from msgspec.structs import replace
from tests.services import portal_records as records
from tests.services.support import NOW, Snapshot

from daypass.core.domain.identity_center.person import Person
from daypass.core.identity_center.portal.portal_tokens import open_portal_token
from daypass.core.time.steady_time import Moment
from daypass.services.kit.caller import signed_in_caller
from daypass.services.kit.identity_center.portal_sessions import open_portal_session
from daypass.services.kit.identity_center.signed_in_person import find_signed_in_person
from daypass.services.sso import role_credentials
from daypass.state.changes import Remove


class PortalSnapshot(Snapshot):
    """The directory of `portal_records`, with portal sessions of its people."""

    def __init__(self):
        super().__init__(*records.portal_records(), account=records.MANAGEMENT)

    def remove(self, *removed):
        self.directory = self.directory.changed(
            [Remove(each) for each in removed], self.directory.revision + 1
        )

    def person(self, identifier=records.ALICE):
        return self.directory.identity_store(records.STORE).of(Person).get(identifier)

    def change_person(self, identifier=records.ALICE, **changes):
        return self.put(replace(self.person(identifier), **changes))

    def end_person(self, identifier=records.ALICE, *, by="administrator", **changes):
        """End everything that a person has opened, as signing out by an administrator does."""
        generation = self.person(identifier).generation + 1
        return self.change_person(identifier, generation=generation, ended_by=by, **changes)

    def open_session(self, identifier=records.ALICE, *, now=NOW, **more):
        """Open a portal session; return its record and its token."""
        opened = open_portal_session(
            self.directory,
            self.person(identifier),
            moment=Moment(now, now),
            opened_by="operator",
            entropy=self._entropy,
            ring=self.ring,
            **more,
        )
        self.put(opened.session)
        return opened

    def signed_in(self, identifier=records.ALICE, *, opened=None, now=NOW, address="192.0.2.1"):
        """Return a person as the caller that the token of a portal session proves."""
        token = (opened or self.open_session(identifier)).token
        person = find_signed_in_person(
            self.directory,
            open_portal_token(token, ring=self.ring),
            steady=now,
            address=address,
        )
        return signed_in_caller(person)

    def credentials(self, account=records.MEMBER, role="Admin", *, who=records.ALICE, now=NOW):
        """Return a person's role credentials, as STS names their members."""
        answer = self.call(
            role_credentials.get_role_credentials,
            self.signed_in(who),
            now=now,
            accountId=account,
            roleName=role,
            accessToken="-",
        )["roleCredentials"]
        return {
            "AccessKeyId": answer["accessKeyId"],
            "SecretAccessKey": answer["secretAccessKey"],
            "SessionToken": answer["sessionToken"],
        }
