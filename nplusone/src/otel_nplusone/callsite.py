"""Find the line of the application that is behind a call, past the frames of libraries.

application   clinic/stories.py:87 in naive          ◄── what is looked for
library       sqlalchemy/orm/session.py  scalars
library       sqlalchemy/engine/base.py  _execute_context
ours          otel_nplusone/sqlalchemy.py
"""

import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_LIBRARY_FOLDERS = tuple(
    {sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {f"{Path(__file__).parent}{os.sep}"}
)
# Libraries of another prefix: a system's packages, an application's own folder of them.
_LIBRARY_PARTS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
# Deeper than any web framework; a recursion without end must not be walked to its end.
MAX_FRAMES = 200


@dataclass(frozen=True, slots=True)
class CallSite:
    """A line of the application, and the ORM relationship that was being loaded for it, if any."""

    function: str
    file: str
    line: int
    relationship: str | None


def find_caller() -> CallSite | None:
    """Return the innermost frame outside libraries, or None where there is none.

    Under SQLAlchemy's asyncio the libraries run in a greenlet with a stack of its own; the
    application is on the stack of the greenlet's parent.
    """
    relationship: str | None = None
    loader = _lazy_loader_code()
    for frame in _frames(sys._getframe(1)):
        code = frame.f_code
        if code is loader:
            # The outermost lazy loader is the one that the application has touched.
            relationship = _loaded_relationship(frame)
        elif not is_library(code.co_filename):
            module = frame.f_globals.get("__name__", "")
            return CallSite(
                f"{module}.{code.co_qualname}", code.co_filename, frame.f_lineno, relationship
            )
    return None


@lru_cache(maxsize=4096)
def is_library(filename: str) -> bool:
    """Tell whether code of this file is a library's, the interpreter's or ours."""
    return (
        filename.startswith(_LIBRARY_FOLDERS)
        # Code made at run time: dataclasses, namedtuples, SQLAlchemy's accessors.
        or filename.startswith("<")
        or any(part in filename for part in _LIBRARY_PARTS)
    )


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield frames from the innermost outwards, across greenlets."""
    greenlet: Any = None
    for _ in range(MAX_FRAMES):
        if frame is None:
            greenlet = _parent_greenlet(greenlet)
            frame = getattr(greenlet, "gr_frame", None)
            if frame is None:
                return
        yield frame
        frame = frame.f_back


def _parent_greenlet(greenlet: Any) -> Any:
    if greenlet is not None:
        return greenlet.parent
    # Not imported, so that nothing needs it; without it there is one stack in a thread.
    module = sys.modules.get("greenlet")
    return module.getcurrent().parent if module is not None else None


@lru_cache(maxsize=1)
def _lazy_loader_code() -> CodeType | None:
    """Return the code that SQLAlchemy's lazy loaders run in, None where there is none of it.

    It is not public: no event tells a many-to-one that is loaded by its key from a Session.get.
    """
    loader = getattr(sys.modules.get("sqlalchemy.orm.strategies"), "LazyLoader", None)
    return getattr(getattr(loader, "_load_for_state", None), "__code__", None)


def _loaded_relationship(frame: FrameType) -> str | None:
    loaded = getattr(frame.f_locals.get("self"), "parent_property", None)
    return str(loaded) if loaded is not None else None
