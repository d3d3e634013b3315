"""Find the line of the application that is behind a call, past the frames of libraries.

    gunicorn/workers/gthread.py              entry
    flask/app.py  dispatch_request           entry        ◄── beyond it is nobody's call
    clinic/stories.py:63 in cats_seen_at     application  ◄── the loop: where the way ends
    clinic/db.py:41 in get_cat               application  ◄── what is looked for
    sqlalchemy/orm/session.py  scalars       library
    sqlalchemy/engine/base.py                library
    otel_nplusone/sqlalchemy.py              ours

An application may be installed among its libraries. So a frame outside the folders of installed
packages is preferred; without one, the innermost of a package that is not known as a library. A
template counts by its own file and line.

The way leads from the line to the outermost loop of the application: the frames that all repeats
of a statement share begin in one of its loops. Without any, as where map() is the loop, it leads to
the application's outermost frame.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import CodeType, FrameType
from typing import Any, NamedTuple

from otel_nplusone._core import semconv
from otel_nplusone._live import orm_loads
from otel_nplusone._live.by_code import ByCode
from otel_nplusone._live.by_stack import Read
from otel_nplusone._live.libraries import Origin, name_in_packages, origin_of
from otel_nplusone._live.loops import is_in_loop
from otel_nplusone._live.templates import (
    TemplateLine,
    compiled_line,
    django_code,
    function_label,
    is_of_an_engine,
    node_line,
)

# Deeper than any web framework; a recursion without end must not be walked to its end.
MAX_FRAMES = 200
MAX_PLACES = 8
_MOST_PASSED_OVER = 4_096
ARROW = " ← "
# Looked up once: find_caller() asks for each frame.
_LIBRARY, _OUTSIDE, _ENTRY = Origin.LIBRARY, Origin.OUTSIDE, Origin.ENTRY
_TEMPLATE = Origin.TEMPLATE


@dataclass(frozen=True, slots=True)
class CallSite:
    """Hold a line of the application, and the ORM relationship that was loaded for it, if any.

    file: absolute, or `clinic/stories.py` where it is within a folder of installed packages.
    way: `db.py:41 get_cat ← stories.py:63 cats_seen_at`, where it was asked for.
    load: what else the ORM was loading: `deferred Cat.notes`, `expired Cat`.
    """

    function: str
    file: str
    line: int
    relationship: str | None
    way: str = ""
    load: str | None = None

    @property
    def attributes(self) -> dict[str, str | int]:
        """Return the line, and the relationship if there is one, as a DB span tells them."""
        told: dict[str, str | int] = {
            semconv.CODE_FUNCTION[0]: self.function,
            semconv.CODE_FILE[0]: self.file,
            semconv.CODE_LINE[0]: self.line,
        }
        if self.relationship is not None:
            told[semconv.RELATIONSHIP] = self.relationship
        return told


class _Place(NamedTuple):
    """Hold a line, as the way tells it and as the attributes do."""

    text: str
    function: str
    file: str
    line: int
    loops: bool


def find_caller(*, with_way: bool = False) -> CallSite | None:
    """Return the innermost frame of the application, or None where there is none.

    Under SQLAlchemy's asyncio the libraries run in a greenlet with a stack of its own; the
    application is on the stack of the greenlet's parent.
    """
    return find_way(with_way=with_way).value


def passed_over() -> Mapping[int, CodeType]:
    """Return the codes of libraries that tell nothing before the application's first frame."""
    return _passed_over.of(orm_loads.readers(), django_code())


def find_way(*, with_way: bool = True) -> "Read[CallSite | None]":
    """Do as find_caller() does, and say what the answer depends on.

    Where an ORM loads something, or a template is rendered node by node, objects tell as well; and
    another greenlet has another stack.
    """
    most = MAX_PLACES if with_way else 1
    outside: list[_Place] = []
    installed: list[_Place] = []
    load: orm_loads.Load | None = None
    loaders, node = orm_loads.readers(), django_code()
    is_library_loop = is_awaited = False
    is_of_its_code, end = True, None
    skipped = _passed_over.of(loaders, node)
    for frame, is_elsewhere in _frames(sys._getframe(1), skipped, outside):
        code = frame.f_code
        if is_elsewhere or code is node:
            is_of_its_code = False
        origin = origin_of(code.co_filename)
        place = None
        if origin is _LIBRARY:
            if id(code) in loaders and not outside:
                # The outermost loader is the one that the application has touched.
                load, is_of_its_code = orm_loads.read(frame) or load, False
            elif load is not None and not outside and orm_loads.is_awaited(frame):
                is_awaited = True
            elif code is node:
                place, origin = _node_place(frame, outside or installed)
            elif not outside:
                if not orm_loads.is_awaited(frame):
                    _passed_over.add(code)
            elif not is_library_loop and not is_of_an_engine(code.co_filename):
                is_library_loop = is_in_loop(code, frame.f_lasti)
        elif origin is _ENTRY:
            if outside or installed:
                end = frame
                break
        else:
            place = _place(frame)
        if place is None:
            continue
        if is_library_loop:
            place, is_library_loop = place._replace(loops=True), False
        if origin is _OUTSIDE or origin is _TEMPLATE:
            outside.append(place)
            if len(outside) >= most:
                break
        elif len(installed) < most:
            installed.append(place)
    if is_awaited and load is not None:
        load = load._replace(is_awaited=True)
    caller = _call_site(outside or installed, load, with_way=with_way)
    return Read(caller, end, is_of_its_code)


def _call_site(
    places: list[_Place], load: orm_loads.Load | None, *, with_way: bool
) -> CallSite | None:
    if not places:
        return None
    first = places[0]
    relationship = load.name if load is not None and load.kind == "relationship" else None
    return CallSite(
        first.function,
        first.file,
        first.line,
        relationship,
        _way(places) if with_way else "",
        None if load is None else load.told,
    )


def _way(places: list[_Place]) -> str:
    outermost = max((n for n, place in enumerate(places) if place.loops), default=len(places) - 1)
    return ARROW.join(dict.fromkeys([place.text for place in places[: outermost + 1]]))


_known: ByCode[_Place | None] = ByCode()


def _place(frame: FrameType) -> _Place | None:
    return _known.look_up(frame.f_code, frame.f_lasti, partial(_read_place, frame))


def _read_place(frame: FrameType) -> _Place | None:
    """Return the line of a frame; None where it is a template without a name."""
    code, names = frame.f_code, frame.f_globals
    template = compiled_line(frame)
    if template is not None:
        return _template_place(template, loops=is_in_loop(code, frame.f_lasti))
    if origin_of(code.co_filename) is _TEMPLATE:
        return None
    file, line = name_in_packages(code.co_filename) or code.co_filename, frame.f_lineno
    module = names.get("__name__")
    return _Place(
        f"{file}:{line} {function_label(code)}",
        f"{module}.{code.co_qualname}" if module else code.co_qualname,
        file,
        line,
        is_in_loop(code, frame.f_lasti),
    )


def _template_place(template: TemplateLine, *, loops: bool) -> _Place:
    file = name_in_packages(template.file) or template.file
    text = f"{file}:{template.line}"
    if not file.endswith(template.name):
        text += f" {template.name}"
    return _Place(text, template.name, file, template.line, loops)


def _node_place(frame: FrameType, inner: list[_Place]) -> tuple[_Place | None, Origin]:
    """Return the line of one of Django's nodes, and whose template it is.

    Of nodes within nodes of one template, the innermost and the loops are told.
    """
    template = node_line(frame)
    if template is None:
        return None, _LIBRARY
    origin = origin_of(template.file)
    if origin is _LIBRARY or (inner and inner[-1].function == template.name and not template.loops):
        return None, origin
    return _template_place(template, loops=bool(template.loops)), origin


class _PassedOver:
    """Keep the codes of libraries that tell nothing before a place of the application is found.

    They are most of a stack. By the identity of the code, which is kept, so that none is reused.
    """

    def __init__(self) -> None:
        self._codes: dict[int, CodeType] = {}
        self._for: tuple[object, object] = (None, None)

    def of(self, loaders: object, node: object) -> Mapping[int, CodeType]:
        """Return them, as long as loaders and Django's node are what they were."""
        if self._for[0] is not loaders or self._for[1] is not node:
            self._codes, self._for = {}, (loaders, node)
        return self._codes

    def add(self, code: CodeType) -> None:
        """Keep a code; bounded."""
        if len(self._codes) < _MOST_PASSED_OVER:
            self._codes[id(code)] = code


_passed_over = _PassedOver()


def _frames(
    frame: FrameType | None, skipped: Mapping[int, CodeType], found: Sequence[_Place]
) -> Iterator[tuple[FrameType, bool]]:
    """Yield frames from the innermost outwards, and whether they are another greenlet's.

    Those of `skipped` are left out as long as nothing is found, but for a greenlet's first.
    """
    greenlet: Any = None
    is_first = False
    for _ in range(MAX_FRAMES):
        if frame is None:
            greenlet = _parent_greenlet(greenlet)
            frame = getattr(greenlet, "gr_frame", None)
            if frame is None:
                return
            is_first = True
        if found or is_first or id(frame.f_code) not in skipped:
            yield frame, greenlet is not None
        is_first = False
        frame = frame.f_back


def _parent_greenlet(greenlet: Any) -> Any:
    if greenlet is not None:
        return greenlet.parent
    # Not imported, so that nothing needs it; without it there is one stack in a thread.
    module = sys.modules.get("greenlet")
    return module.getcurrent().parent if module is not None else None
