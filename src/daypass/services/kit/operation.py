"""The decorator that makes a function an operation, and the registry that finds operations by name.

`on=` has no default: it says what the operation acts on. A function that names no operation of the
model, or a name that is defined twice, fails at start.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeVar

from daypass.core.faults import Violation
from daypass.core.policy.decision.policy_sets import PolicySet
from daypass.services.kit.authorization_question import NO_KEYS, ContextKeys
from daypass.services.kit.context import Context

RequestParameters = Any
"""A request as the wire parsed it; handlers annotate it with the TypedDict of `types-boto3`."""
OperationSteps = Generator[None, None, dict[str, Any]]
"""What a handler returns that has several steps: between two of them others may have the event
loop."""
Handler = Callable[[Context, Any], Any]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class ResourceTarget:
    """What a request acts on: an ARN or `*`, and the condition keys that it brings.

    `account` owns it, the caller's where nothing is said; `policy` is the policy that it carries
    itself, `policy_owner` the account that wrote it if that is another. `action` is what has to be
    allowed beside the operation's own.
    """

    arn: str
    keys: ContextKeys = field(default_factory=lambda: NO_KEYS)
    account: str | None = None
    policy: PolicySet | None = None
    policy_owner: str = ""
    action: str = ""


ResourceLocator = Callable[[Context, Any], ResourceTarget | Sequence[ResourceTarget]]
"""Finds what a request acts on; where that is several things, each of them must be allowed."""


class _SelfAuthorized:
    """Marks the few operations that authorize by themselves."""

    def __repr__(self) -> str:
        return "THEMSELVES"


SELF_AUTHORIZED: Final = _SelfAuthorized()
_ATTRIBUTE = "__daypass_operation__"
SIGV4: Final = "sigv4"
"""The scheme by which callers are proved where an operation names no other."""
NO_AUTHENTICATION: Final = "none"
"""The scheme of operations that anybody may call: they are on one list,
`server.authority.unauthenticated`."""
_NO_UNREAD: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Operation:
    """A handler and what it acts on."""

    handler: Handler
    on: ResourceLocator | None
    """None: the handler authorizes by itself."""
    issues: frozenset[str] = frozenset()
    """Credentials in its answer, as `Structure.Member`: an answer that has any may not leave
    unrecorded."""
    withholds: frozenset[str] = frozenset()
    """Members that the model allows in the answer, calls sensitive, and that are never answered,
    as `Structure.Member`."""
    unread: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the model that it does not read, each with its documented default: with any
    other value the call is refused."""
    scheme: str = SIGV4
    """How its callers are proved."""
    codes: tuple[str, ...] = ()
    """Parameters that hold a one-time code; its service fills them in."""

    def check_unread_parameters(self, params: Mapping[str, Any]) -> None:
        """Raise `Violation` for a parameter that is given and would change nothing: whoever gives one is told so."""
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
) -> Callable[[H], H]:
    """Make a function of `(ctx, request)` the operation of its name: `update_role` is `UpdateRole`.

    `issues` names the credentials in its answer, `withholds` what of its answer is never answered,
    both as `Structure.Member`; `unread` the parameters that it does not read, each with the default
    that AWS documents, None if there is none; `scheme` how its callers are proved.
    """

    def mark(handler: H) -> H:
        locator = None if isinstance(on, _SelfAuthorized) else on
        setattr(
            handler,
            _ATTRIBUTE,
            Operation(
                handler, locator, frozenset(issues), frozenset(withholds), dict(unread), scheme
            ),
        )
        return handler

    return mark


def any_resource(_ctx: Context, _req: RequestParameters) -> ResourceTarget:
    """Locate an operation that has no resource-level permissions: `*`."""
    return ResourceTarget("*")


def collect_operations(
    modules: Iterable[ModuleType], names: Mapping[str, str]
) -> dict[str, Operation]:
    """Return the operations of a service by AWS's name, from `names`: handler name to operation name.

    Raises `LookupError` for a function that names no operation, or one that is defined twice.
    """
    found: dict[str, Operation] = {}
    for module in modules:
        for name, function in vars(module).items():
            marked = getattr(function, _ATTRIBUTE, None)
            if marked is None or function.__module__ != module.__name__:
                continue
            if name not in names:
                raise LookupError(f"{module.__name__}.{name} names no operation")
            if names[name] in found:
                raise LookupError(f"{module.__name__}.{name} is defined twice")
            found[names[name]] = marked
    return found
