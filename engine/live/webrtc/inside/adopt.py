"""A part that aiortc has made becomes one of ours, and what is private to aiortc's class is read and replaced there."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar


class Adopted(Protocol):
    """A subclass of one of aiortc's parts."""

    def adopted(self) -> None:
        """What `__init__` would do beyond its parent's."""


Part = TypeVar("Part", bound=Adopted)


def adopt(part: object, subclass: type[Part]) -> Part:
    """`part`, newly made, as an instance of `subclass`. Raises TypeError when aiortc made something else."""
    if type(part) is not subclass.__base__:
        raise TypeError(f"aiortc made a {type(part)} where a {subclass.__base__} was expected")
    part.__class__ = subclass
    assert isinstance(part, subclass)
    part.adopted()
    return part


def private(part: object, owner: type, name: str) -> Any:
    """Attribute `__name` of `owner`, the class of aiortc that `part` inherits from. Raises AttributeError."""
    return getattr(part, f"_{owner.__name__}__{name}")


def replace_private(part: object, owner: type, name: str, value: object) -> None:
    """Put `value` in its place. Raises AttributeError when aiortc has no such attribute any more."""
    private(part, owner, name)
    setattr(part, f"_{owner.__name__}__{name}", value)
