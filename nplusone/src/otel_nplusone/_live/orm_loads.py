"""Tell what SQLAlchemy loads by itself while the application touches an attribute.

    cat.owner        a relationship        Cat.owner
    cat.notes        a deferred column     Cat.notes
    cat.name         an expired attribute  Cat          (after a commit)
    pet.lives        a subclass's column   Cat          (polymorphic: the query read Pet alone)
    owner.cats       lazy="dynamic"        Owner.cats

None of it is public: no event tells a many-to-one that is loaded by its key from a Session.get.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any, NamedTuple


class Load(NamedTuple):
    """Tell what is loaded; `name` is `Cat.owner`, or the class alone."""

    kind: str
    name: str
    is_awaited: bool = False

    @property
    def told(self) -> str | None:
        """Return it as a span tells it; None where the relationship's name is all there is."""
        if self.kind == "relationship":
            return f"awaited {self.name}" if self.is_awaited else None
        return f"{self.kind} {self.name}"


_Reader = Callable[[Any], Load | None]


def _property(kind: str) -> _Reader:
    def read(loader: Any) -> Load | None:
        loaded = getattr(loader, "parent_property", None)
        return Load(kind, str(loaded)) if loaded is not None else None

    return read


def _expired(state: Any) -> Load | None:
    name = getattr(getattr(state, "class_", None), "__name__", None)
    if name is None:
        return None
    # A subclass's columns that the query left out are expired one by one, not with their object.
    inherits = getattr(getattr(state, "mapper", None), "inherits", None) is not None
    return Load("polymorphic" if inherits and not state.expired else "expired", name)


def _dynamic(query: Any) -> Load | None:
    attribute: Any = getattr(query, "attr", None)
    owner = getattr(getattr(attribute, "class_", None), "__name__", None)
    return Load("dynamic", f"{owner}.{attribute.key}") if owner else None


# Module, classes (one of them; they have an underscore from SQLAlchemy 2.1 on), methods.
_LOADERS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], _Reader], ...] = (
    ("strategies", ("_LazyLoader", "LazyLoader"), ("_load_for_state",), _property("relationship")),
    (
        "strategies",
        ("_DeferredColumnLoader", "DeferredColumnLoader"),
        ("_load_for_state",),
        _property("deferred"),
    ),
    ("state", ("InstanceState",), ("_load_expired",), _expired),
    (
        "dynamic",
        ("_AppenderMixin", "AppenderMixin"),
        ("_iter", "__iter__", "__getitem__", "count"),
        _dynamic,
    ),
)


def readers() -> Mapping[int, tuple[CodeType, _Reader]]:
    """Return what reads each load off a frame, by the id of its code, which takes no hashing."""
    return _readers("sqlalchemy.orm" in sys.modules)  # it may be imported later


def is_awaited(frame: FrameType) -> bool:
    """Tell whether a frame is where SQLAlchemy's asyncio waits for what is loaded."""
    return frame.f_code.co_name == "greenlet_spawn" and "sqlalchemy" in frame.f_code.co_filename


@lru_cache(maxsize=2)
def _readers(_is_imported: bool) -> Mapping[int, tuple[CodeType, _Reader]]:
    return {id(code): (code, reader) for code, reader in _found()}


def _found() -> Iterator[tuple[CodeType, _Reader]]:
    for module, classes, methods, reader in _LOADERS:
        loaded = sys.modules.get(f"sqlalchemy.orm.{module}")
        owner = next((found for name in classes if (found := getattr(loaded, name, None))), None)
        for method in methods:
            code = getattr(getattr(owner, method, None), "__code__", None)
            if code is not None:
                yield code, reader


def read(frame: FrameType) -> Load | None:
    """Return what a frame loads whose code is one of readers()."""
    return readers()[id(frame.f_code)][1](frame.f_locals.get("self"))
