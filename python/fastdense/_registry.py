"""One place that turns names and configs into objects, and objects into configs.

Configs have the layout of Keras 3, so that either library reads the other's::

    {"module": "keras.initializers", "class_name": "HeNormal", "config": {"seed": 7},
     "registered_name": None}

A name in a config is only ever looked up in a registry or in the caller's `custom_objects`;
it is never imported.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fastdense._naming import to_snake_case

if TYPE_CHECKING:
    from fastdense._typing import Config

# "builtins" is where Keras says that a bare function comes from.
_KNOWN_PACKAGES = ("keras", "fastdense", "builtins")

_scope: ContextVar[dict[str, Callable[..., Any]]] = ContextVar("custom_objects")

T = TypeVar("T")
Entry = TypeVar("Entry", bound=Callable[..., Any])


@contextlib.contextmanager
def custom_object_scope(
    custom_objects: Mapping[str, Callable[..., Any]] | None,
) -> Iterator[dict[str, Callable[..., Any]]]:
    """Let `custom_objects` be known to all that is deserialized within; return all that are."""
    known = {**_scope.get({}), **(custom_objects or {})}
    token = _scope.set(known)
    try:
        yield known
    finally:
        _scope.reset(token)


class Registry(Generic[T]):
    """The named objects of one kind: classes to instantiate, or functions to use as they are.

    Parameters
    ----------
    kind
        What the objects are, for error messages: ``"initializer"``.
    module
        The Keras module that a config names: ``"keras.initializers"``.
    """

    def __init__(self, kind: str, module: str) -> None:
        self.kind = kind
        self.module = module
        self._entries: dict[str, Callable[..., Any]] = {}
        self._admitted: dict[str, Callable[..., Any]] = {}
        self._homes: dict[int, tuple[str, str]] = {}  # by id: entries live as long as it does

    def register(self, entry: Entry, *aliases: str) -> Entry:
        """Add a class or function under its name, its name in snake_case and `aliases`."""
        name = entry.__name__
        for key in (name, to_snake_case(name), *aliases):
            self._entries[key] = entry
        self._homes[id(entry)] = (self.module, name)
        return entry

    def admit(self, entry: Callable[..., Any], module: str, name: str | None = None) -> None:
        """Let configs, but not names, stand for a class of another kind that will do too.

        They call it `name`, its own one if that is not given.
        """
        name = name or entry.__name__
        self._admitted[name] = entry
        self._homes[id(entry)] = (module, name)

    def get(self, identifier: Any) -> T | None:
        """Return the object that a name, config, class, instance or callable stands for."""
        found: Any = identifier
        if identifier is None:
            return None
        if isinstance(identifier, dict):
            return self.deserialize(identifier)
        if isinstance(identifier, str):
            found = _scope.get({}).get(identifier, self._entries.get(identifier))
        if isinstance(found, type):
            found = found()
        if not callable(found):
            raise ValueError(
                f"Could not interpret {self.kind} identifier: {identifier}. "
                f"Expected a callable, a config or one of {self.names()}"
            )
        return found  # type: ignore[no-any-return]  # any callable is taken as what it claims to be

    def names(self) -> str:
        """Return the registered names, for error messages."""
        return ", ".join(sorted(self._entries))

    def serialize(self, obj: Any) -> Config | str | None:
        """Return the config of `obj`: a name for a registered function, else a dict.

        That of anything else names the module it comes from, and is read back by
        `custom_objects` only, whatever its name.
        """
        if obj is None:
            return None
        function = obj.func if isinstance(obj, functools.partial) else obj
        if id(function) in self._homes:
            module, name = self._homes[id(function)]
            return name if function is obj else _config(module, name, dict(obj.keywords))
        if hasattr(obj, "get_config"):
            cls = type(obj)
            if id(cls) in self._homes:
                return _config(*self._homes[id(cls)], obj.get_config())
            return _config(cls.__module__, cls.__name__, obj.get_config(), cls.__name__)
        named = obj if hasattr(obj, "__name__") else type(obj)
        module = getattr(named, "__module__", None) or type(named).__module__
        return _config(module, "function", named.__name__, "function")

    def deserialize(
        self,
        config: Config | str | None,
        custom_objects: Mapping[str, Callable[..., Any]] | None = None,
    ) -> T | None:
        """Return the object that `serialize` described.

        `custom_objects` are known to what the config itself is made of, too.

        Raises
        ------
        ValueError
            If it is no config, or names something that is neither registered nor in
            `custom_objects`.
        """
        if config is None:
            return None
        name, arguments = _parse(config)
        with custom_object_scope(custom_objects) as custom:
            own = (self._entries, self._admitted) if _is_known(config) else ()
            # What `custom_objects` holds is taken as the object or class its caller says it is.
            found: Any = next((names[name] for names in (custom, *own) if name in names), None)
            if found is None:
                raise ValueError(
                    f"Could not interpret {self.kind} identifier: {config}. Expected one of "
                    f"{self.names()}, or a name that is passed in `custom_objects`"
                )
            if isinstance(found, type):
                found = found.from_config(arguments)  # type: ignore[attr-defined]  # see above
            elif arguments:
                found = functools.partial(found, **arguments)
        return found  # type: ignore[no-any-return]  # see above


def _config(
    module: str, class_name: str, config: Any, registered_name: str | None = None
) -> Config:
    return {
        "module": module,
        "class_name": class_name,
        "config": config,
        "registered_name": registered_name,
    }


def _is_known(config: Config | str) -> bool:
    """Whether a config may mean an object of this library: it names no module of someone else's."""
    module = None if isinstance(config, str) else config.get("module")
    return module is None or str(module).partition(".")[0] in _KNOWN_PACKAGES


def _parse(config: Config | str) -> tuple[str, Config]:
    """Split a config into the name to look up and the keyword arguments."""
    if isinstance(config, str):
        return config, {}
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(f"Expected a config with a `class_name`. Received: {config}")
    name, arguments = config["class_name"], config.get("config")
    if arguments is None:
        arguments = {}
    if name == "function":  # Keras' spelling of a bare function
        name, arguments = arguments, {}
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise ValueError(f"Expected a config with a name and a dict. Received: {config}")
    return name, arguments
