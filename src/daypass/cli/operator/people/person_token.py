"""`daypass person token`: open a portal session for a person, and print its access token."""

import click

from daypass.cli import output
from daypass.cli.operator.durations import parse_duration
from daypass.cli.operator.people.identity_center import (
    InstanceChoice,
    instance_options,
    opened_instance,
)


@click.command(short_help="Open a portal session for a person, and print its token")
@instance_options
@click.option(
    "--duration",
    default="8h",
    show_default=True,
    metavar="TIME",
    help="15m to 90d, such as 30m or 8h.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the content of a token file.")
@click.argument("name")
def token(at: InstanceChoice, duration: str, as_json: bool, name: str) -> None:
    """Open a portal session as if a person had signed in, and print its token and expiry.

    The token alone goes to standard output. Whoever has the token gets the credentials of each
    permission set that the person has. The audit log says who asked for it. It ends by: daypass
    person sign-out NAME

    \b
    Examples:
      daypass person token alice >token
      aws sso list-accounts --access-token "$(cat token)"

    With --json the output is what AWS clients keep in ~/.aws/sso/cache for a session.
    """
    from daypass.core.time.timestamps import iso8601
    from daypass.server.operator.identity_center_messages import OpenPortalSession

    seconds = parse_duration(
        duration,
        what="a portal session",
        shortest="15m",
        longest="90d",
        example="--duration 8h",
    )
    with opened_instance(at) as center:
        person = center.find_person(name)
        message = OpenPortalSession(
            store=center.store, person=person["id"], seconds=seconds, by=center.by
        )
        opened = center.ask(message, hint=f"daypass person show {name}").result
    expires = iso8601(opened["expires"])
    if as_json:
        output.print_json(
            {
                "accessToken": opened["token"],
                "expiresAt": expires,
                "region": center.instance["region"],
            }
        )
        return
    output.print_exact(opened["token"])
    output.print_line(f"expires {expires}", err=True)
