"""`daypass coverage`: count the served operations, from botocore's models and the handlers."""

import click

from daypass.cli import output


@click.command(short_help="Show how many operations of each service are served")
@click.option("--json", "as_json", is_flag=True, help="Print every operation by name, as JSON.")
@click.option("--markdown", is_flag=True, help="Print the table of the README.")
def coverage(as_json: bool, markdown: bool) -> None:
    """Count the served operations of each service.

    Every other operation answers 501 with its name.
    """
    from daypass.server.app import operations_by_service
    from daypass.services.registry import SERVICES
    from daypass.wire.catalog import load_catalog

    catalog = load_catalog(SERVICES)
    served = operations_by_service(catalog)
    if as_json:
        names = {
            name: {each: each in served.get(name, {}) for each in service.operations}
            for name, service in catalog.services.items()
        }
        output.print_json(names, indent=2)
        return
    rows = [
        (name, len(served.get(name, {})), len(service.operations))
        for name, service in catalog.services.items()
    ]
    if markdown:
        output.print_lines(["| service | served | of |", "| --- | ---: | ---: |"])
        for row in rows:
            output.print_line("| {} | {} | {} |".format(*row))
        return
    for row in rows:
        output.print_line("{:<16}{:>4} of {}".format(*row))
