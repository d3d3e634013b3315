"""Find the line of the application that is behind a call, past the frames of libraries.

    gunicorn/workers/gthread.py            entry
    flask/app.py  dispatch_request         entry        ◄── beyond it is nobody's call
    clinic/stories.py:87 in naive          application  ◄── what is looked for
    sqlalchemy/orm/session.py  scalars     library
    sqlalchemy/engine/base.py              library
    otel_nplusone/sqlalchemy.py            ours

An application may be installed among its libraries. So a frame outside the folders of installed
packages is preferred; without one, the innermost of a package that is not known as a library.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any

from otel_nplusone._live.libraries import Origin, name_in_packages, origin_of

# Deeper than any web framework; a recursion without end must not be walked to its end.
MAX_FRAMES = 200
# Looked up once: find_caller() asks for each frame.
_LIBRARY, _OUTSIDE, _ENTRY = Origin.LIBRARY, Origin.OUTSIDE, Origin.ENTRY


@dataclass(frozen=True, slots=True)
class CallSite:
    """Hold a line of the application, and the ORM relationship that was loaded for it, if any.

    file: absolute, or `clinic/stories.py` where it is within a folder of installed packages.
    """

    function: str
    file: str
    line: int
    relationship: str | None


def find_caller() -> CallSite | None:
    """Return the innermost frame of the application, or None where there is none.

    Under SQLAlchemy's asyncio the libraries run in a greenlet with a stack of its own; the
    application is on the stack of the greenlet's parent.
    """
    relationship: str | None = None
    installed: CallSite | None = None
    loader = _lazy_loader_code()
    for frame in _frames(sys._getframe(1)):
        code = frame.f_code
        origin = origin_of(code.co_filename)
        if origin is _LIBRARY:
            if code is loader:
                # The outermost lazy loader is the one that the application has touched.
                relationship = _loaded_relationship(frame)
        elif origin is _OUTSIDE:
            return _call_site(frame, relationship)
        elif origin is _ENTRY:
            if installed is not None:
                break
        elif installed is None:
            installed = _call_site(frame, relationship)
    return installed


def _call_site(frame: FrameType, relationship: str | None) -> CallSite:
    code, names, line = frame.f_code, frame.f_globals, frame.f_lineno
    template = names.get("__jinja_template__")
    if template is not None:
        # Jinja compiles a template to Python, whose lines are others.
        line = template.get_corresponding_lineno(line)
    module = names.get("__name__")
    return CallSite(
        f"{module}.{code.co_qualname}" if module else code.co_qualname,
        name_in_packages(code.co_filename) or code.co_filename,
        line,
        relationship,
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
    """Return the code that SQLAlchemy's lazy loaders run in; None without SQLAlchemy.

    It is not public: no event tells a many-to-one that is loaded by its key from a Session.get.
    """
    strategies = sys.modules.get("sqlalchemy.orm.strategies")
    # It has an underscore from SQLAlchemy 2.1 on.
    loader = getattr(strategies, "_LazyLoader", None) or getattr(strategies, "LazyLoader", None)
    return getattr(getattr(loader, "_load_for_state", None), "__code__", None)


def _loaded_relationship(frame: FrameType) -> str | None:
    loaded = getattr(frame.f_locals.get("self"), "parent_property", None)
    return str(loaded) if loaded is not None else None
