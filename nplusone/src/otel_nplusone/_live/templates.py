"""Tell the line of a template whose statements a frame of its engine sends.

Jinja and Mako compile a template to Python, which has other lines; Django renders a tree of nodes,
each of which knows its token.
"""

import re
import sys
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from otel_nplusone._live.libraries import name_in_packages

_ENGINES = (("jinja2",), ("mako",))


class TemplateLine(NamedTuple):
    """Hold a line of a template; `file` is the template's name where it has no file.

    `loops` is None where the code of the frame tells whether it is in a loop.
    """

    name: str
    file: str
    line: int
    loops: bool | None = None


def compiled_line(frame: FrameType) -> TemplateLine | None:
    """Return the line of a template that was compiled to the code of this frame."""
    names = frame.f_globals
    template = names.get("__jinja_template__")
    if template is not None:
        return _jinja_line(template, frame)
    return _mako_line(frame) if "_template_uri" in names else None


def _jinja_line(template: Any, frame: FrameType) -> TemplateLine | None:
    name = template.name
    if name is None:  # render_template_string(): the code that renders it is the place
        return None
    part = frame.f_code.co_name
    if part.startswith("block_"):
        name = f"{name} block {part.removeprefix('block_')}"
    elif part != "root":
        name = f"{name} {part}"
    file = template.filename
    is_source = file and not file.startswith("<") and not file.endswith((".py", ".pyc"))
    line = template.get_corresponding_lineno(frame.f_lineno)
    return TemplateLine(name, file if is_source else template.name, line)


def _mako_line(frame: FrameType) -> TemplateLine:
    names = frame.f_globals
    uri, part = str(names["_template_uri"]), frame.f_code.co_name
    name = uri if part == "render_body" else f"{uri} {part.removeprefix('render_')}"
    file = names.get("_template_filename")
    is_file = isinstance(file, str) and Path(file).is_absolute()
    return TemplateLine(name, str(file) if is_file else uri, _mako_lineno(frame))


def _mako_lineno(frame: FrameType) -> int:
    """Return the line by the map that Mako writes at the end of a compiled template."""
    from mako.template import ModuleInfo  # type: ignore[import-untyped]  # it has no types

    info = ModuleInfo._modules.get(frame.f_globals["__name__"])
    if info is None:
        return frame.f_lineno
    lines = ModuleInfo.get_module_source_metadata(info.code, full_line_map=True)["full_line_map"]
    return int(lines[min(frame.f_lineno, len(lines)) - 1])


@lru_cache(maxsize=4096)
def is_of_an_engine(filename: str) -> bool:
    """Tell whether a file is a template engine's, whose loops are over the parts of a template."""
    name = name_in_packages(filename) or ""
    return Path(name).parts[:1] in _ENGINES or Path(name).parts[:2] == ("django", "template")


def django_code() -> CodeType | None:
    """Return the code of the frames that node_line() reads; None where Django has no templates."""
    return _render_annotated("django.template.base" in sys.modules)  # it may be imported later


@lru_cache(maxsize=2)
def _render_annotated(is_imported: bool) -> CodeType | None:
    node = getattr(sys.modules.get("django.template.base"), "Node", None) if is_imported else None
    code: CodeType | None = getattr(getattr(node, "render_annotated", None), "__code__", None)
    return code


def node_line(frame: FrameType) -> TemplateLine | None:
    """Return the line of the node that a frame of Django's Node.render_annotated renders."""
    node = frame.f_locals.get("self")
    line = getattr(getattr(node, "token", None), "lineno", None)
    origin = getattr(node, "origin", None)
    file, name = getattr(origin, "name", None), getattr(origin, "template_name", None)
    if not isinstance(line, int) or not file or file == "<unknown source>":
        return None
    name = str(name or file)
    return TemplateLine(name, str(file), line, loops=type(node).__name__ == "ForNode")


_INNER = re.compile(r"(?:\.<locals>)?\.<(?:listcomp|genexpr|setcomp|dictcomp|lambda)>")


def function_label(code: CodeType) -> str:
    """Return `Cats.list` of `Cats.list.<locals>.<listcomp>`: what a reader looks for."""
    return _INNER.sub("", code.co_qualname).replace("<locals>.", "")
