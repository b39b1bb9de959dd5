"""Operations on the regions of an instance beside its primary one.

One server answers for every region, so that an added region is active at once and a removed one is
gone at once.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.identity_center.instance import AddedRegion
from daypass.core.faults import AlreadyExists, InvalidParameterValue, NotFound, TooMany
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup, resources, views
from daypass.services.ssoadmin.membership import administrators, readers

Req = Mapping[str, Any]
Answer = dict[str, Any]
_REMOVING = "REMOVING"


@operation(on=administrators(resources.instance))
def add_region(ctx: Context, req: Req) -> Answer:
    """Add a region to an instance."""
    instance, name = lookup.instance(ctx, req), req["RegionName"]
    known = {each["RegionName"] for each in views.regions(instance)}
    if name in known:
        raise AlreadyExists(f"The Region {name} is already enabled.")
    if len(known) >= quotas.INSTANCE_REGIONS_MAX:
        raise TooMany(f"An instance has at most {quotas.INSTANCE_REGIONS_MAX} Regions.")
    ctx.put(replace(instance, regions=(*instance.regions, AddedRegion(name, ctx.now))))
    return {"Status": views.ACTIVE}


@operation(on=administrators(resources.instance))
def remove_region(ctx: Context, req: Req) -> Answer:
    """Remove a region from an instance; the primary one stays."""
    instance, name = lookup.instance(ctx, req), req["RegionName"]
    if name == instance.region:
        raise InvalidParameterValue(f"The primary Region {name} cannot be removed.")
    _find_region(ctx, req)
    others = tuple(each for each in instance.regions if each.name != name)
    ctx.put(replace(instance, regions=others))
    return {"Status": _REMOVING}


@operation(on=readers(resources.instance))
def describe_region(ctx: Context, req: Req) -> Answer:
    """Return a region of an instance."""
    return _find_region(ctx, req)


@operation(on=readers(resources.instance))
def list_regions(ctx: Context, req: Req) -> Answer:
    """Return the regions of an instance, the primary one first."""
    return {"Regions": views.regions(lookup.instance(ctx, req))}


def _find_region(ctx: Context, req: Req) -> views.View:
    """Return the region in `RegionName`; raises `NotFound` if the instance does not have it."""
    for each in views.regions(lookup.instance(ctx, req)):
        if each["RegionName"] == req["RegionName"]:
            return each
    raise NotFound(f"The Region {req['RegionName']} is not enabled.")
