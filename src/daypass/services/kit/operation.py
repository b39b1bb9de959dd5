"""The `@operation` decorator, which declares a function as an AWS operation.

`on=` has no default: it says which resources the operation acts on. A function that names no
operation of the model, or a name that is defined twice, fails at start.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeVar

import msgspec

from daypass.core.faults import Violation
from daypass.core.policy.decision.policy_sets import PolicySet
from daypass.services.kit.authorization_question import NO_KEYS, ContextKeys
from daypass.services.kit.context import Context

RequestParameters = Any
"""A request's parameters by AWS's names, as the wire parsed them; handlers may annotate a TypedDict
of `types-boto3`."""
OperationSteps = Generator[None, None, dict[str, Any]]
"""What a handler with several steps returns: other calls may run on the event loop between two
steps."""
Handler = Callable[[Context, Any], Any]
H = TypeVar("H", bound=Handler)


class ResourceTarget(msgspec.Struct, frozen=True):
    """A resource that a request acts on: an ARN or `*`, with its condition keys.

    `account` owns it, None is the caller's; `policy` is the resource's own policy, `policy_owner`
    the account that wrote that policy, if it is another one. `action` is the action that must be
    allowed on it, such as `organizations:TagResource`; empty for the operation's own.
    """

    arn: str
    keys: ContextKeys = NO_KEYS
    account: str | None = None
    policy: PolicySet | None = None
    policy_owner: str = ""
    action: str = ""


ResourceLocator = Callable[[Context, Any], ResourceTarget | Sequence[ResourceTarget]]
"""Returns the resources that a request acts on; if there are several, the action must be allowed on
each."""


class _SelfAuthorized:
    """The type of the marker `SELF_AUTHORIZED`."""

    def __repr__(self) -> str:
        return "THEMSELVES"


SELF_AUTHORIZED: Final = _SelfAuthorized()
"""Marks the few operations that authorize the call themselves, or that every caller may call."""
_ATTRIBUTE = "__daypass_operation__"
SIGV4: Final = "sigv4"
"""The authentication scheme of operations that name no other."""
NO_AUTHENTICATION: Final = "none"
"""The scheme of operations that anybody may call; `server.authority.unauthenticated` lists them."""
BEARER: Final = "bearer"
"""The scheme of the portal's operations, whose callers send an access token."""
_NO_UNREAD: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DeclaredOperation:
    """A handler with its declaration: what it acts on, its credentials, its unread parameters."""

    handler: Handler
    on: ResourceLocator | None
    """None: the handler authorizes the call itself."""
    issues: frozenset[str] = frozenset()
    """Credentials in the answer, as `Structure.Member`: an answer with one must be in the audit log
    before it is sent."""
    withholds: frozenset[str] = frozenset()
    """Sensitive members that the model allows in the answer and that are never sent, as
    `Structure.Member`."""
    unread: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the model that the handler does not read, each with its documented default: a
    call with any other value is refused."""
    scheme: str = SIGV4
    """The authentication scheme of its callers."""
    credential: str = ""
    """The parameter that holds the credential by which the scheme proves the caller, which no
    handler and no record gets; empty if no parameter does."""
    codes: tuple[str, ...] = ()
    """Parameters that hold a one-time code; `Service.built_operations` fills them in."""
    names_each_refusal: bool = False
    """Whether a refusal names every resource that is not allowed, filled in as `codes` are."""

    def check_unread_parameters(self, params: Mapping[str, Any]) -> None:
        """Raise `Violation` for a parameter that the handler would ignore.

        A parameter with its documented default is accepted.
        """
        for name, default in self.unread.items():
            if name in params and params[name] != default:
                raise Violation(f"The parameter {name} is not supported.", member=name)


def operation(
    *,
    on: ResourceLocator | _SelfAuthorized,
    issues: Iterable[str] = (),
    withholds: Iterable[str] = (),
    unread: Mapping[str, Any] = _NO_UNREAD,
    scheme: str = SIGV4,
    credential: str = "",
) -> Callable[[H], H]:
    """Declare a function as the operation of its name: `update_role` as `UpdateRole`.

    The function takes `(ctx, request)`. `issues` names the credentials in its answer, `withholds`
    the sensitive members that are never sent, both as `Structure.Member`; `unread` the parameters
    that it does not read, each with the default that AWS documents, None if there is none; `scheme`
    how its callers are authenticated, `credential` the parameter that the scheme reads.
    """

    def mark(handler: H) -> H:
        locator = None if isinstance(on, _SelfAuthorized) else on
        setattr(
            handler,
            _ATTRIBUTE,
            DeclaredOperation(
                handler,
                locator,
                frozenset(issues),
                frozenset(withholds),
                dict(unread),
                scheme,
                credential,
            ),
        )
        return handler

    return mark


def any_resource(_ctx: Context, _req: RequestParameters) -> ResourceTarget:
    """Return the target `*`: the operation has no resource-level permissions."""
    return ResourceTarget("*")


def collect_operations(
    modules: Iterable[ModuleType], names: Mapping[str, str]
) -> dict[str, DeclaredOperation]:
    """Return the operations of a service's modules by AWS's name.

    `names` maps the names of handlers to those of operations. Raises `LookupError` for a function
    that names no operation, or that is defined twice.
    """
    operations: dict[str, DeclaredOperation] = {}
    for module in modules:
        for name, function in vars(module).items():
            declared = getattr(function, _ATTRIBUTE, None)
            if declared is None or function.__module__ != module.__name__:
                continue
            if name not in names:
                raise LookupError(f"{module.__name__}.{name} names no operation")
            if names[name] in operations:
                raise LookupError(f"{module.__name__}.{name} is defined twice")
            operations[names[name]] = declared
    return operations
