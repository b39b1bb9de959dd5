"""The steps that users, groups and roles share when they are created, renamed and deleted."""

from msgspec.structs import replace

from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import AlreadyExists, InUse
from daypass.services.kit.context import Context


def check_name_is_free(ctx: Context, record: type[User | Group | Role], name: str) -> None:
    """Raise `AlreadyExists` if the account has a record of that kind and name, ignoring case."""
    if ctx.account.of(record).is_taken(name):
        raise AlreadyExists(f"{record.kind.capitalize()} with name {name} already exists.")


def stage_rename(ctx: Context, entity: User | Group, *, name: str, path: str) -> None:
    """Stage a user or group under another name and path; its unique id stays the same.

    Raises `AlreadyExists` if the new name is taken.
    """
    renamed = replace(entity, name=name, path=path)
    if renamed.key != entity.key:
        check_name_is_free(ctx, type(entity), name)
    ctx.remove(entity)
    ctx.put(renamed)


def check_has_no_policies(entity: User | Group | Role) -> None:
    """Raise `InUse` while a user, group or role has attached or inline policies."""
    if entity.attached:
        raise InUse("Cannot delete entity, must detach all policies first.")
    if entity.inline:
        raise InUse("Cannot delete entity, must delete policies first.")
