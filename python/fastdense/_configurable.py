"""What initializers, regularizers and constraints have in common: a config of plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self

    from fastdense._typing import Config


class Configurable:
    """An object that its constructor's arguments describe completely.

    `_FIELDS` names these arguments; each is kept in the attribute of the same name.
    """

    _FIELDS: ClassVar[tuple[str, ...]] = ()

    def get_config(self) -> Config:
        """Return the constructor's arguments as a dict of JSON values."""
        return {name: getattr(self, name) for name in self._FIELDS}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Return the object that `get_config` described."""
        return cls(**config)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"
