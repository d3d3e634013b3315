"""Read what an answer names, without running it, and write what the form says into it."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from exercise.errors import ExerciseError

NAMED = ("ROUTE", "STATEMENT", "LINE")
WRITTEN = re.compile(r"CREATE\s+(UNIQUE\s+)?INDEX\s[^;]+;?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what an answer names, and whether it defines anything that takes another's place."""

    path: Path
    route: str = ""
    statement: str = ""
    line: str = ""
    strategy: str = ""
    indexes: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    functions: tuple[str, ...] = ()

    @property
    def repairs_nothing(self) -> bool:
        return not (self.strategy or self.indexes or self.settings or self.functions)


def read(path: Path) -> Answer:
    """Return an answer; raise ExerciseError with the line for one that cannot be read."""
    tree = _parsed(path)
    values = {
        target.id: value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and (value := node.value) is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }

    def literal(name: str, kind: type, default: object) -> object:
        if name not in values:
            return default
        try:
            found = ast.literal_eval(values[name])
        except ValueError:
            found = None
        if not isinstance(found, kind):
            raise ExerciseError(
                f"{path}:{values[name].lineno}: {name} has to be written as a {kind.__name__}."
            )
        return found

    indexes = literal("INDEXES", list, [])
    settings = literal("SETTINGS", dict, {})
    assert isinstance(indexes, list)
    assert isinstance(settings, dict)
    for index in indexes:
        if not isinstance(index, str) or not WRITTEN.fullmatch(index.strip()):
            raise ExerciseError(
                f"{path}: {index!r} in INDEXES is not one CREATE INDEX statement: write "
                '"CREATE INDEX name ON table (column)".'
            )
    return Answer(
        path,
        route=str(literal("ROUTE", str, "")),
        statement=str(literal("STATEMENT", str, "")),
        line=str(literal("LINE", str, "")),
        strategy=str(literal("STRATEGY", str, "")),
        indexes=tuple(indexes),
        settings={str(name): str(value) for name, value in settings.items()},
        functions=tuple(node.name for node in tree.body if isinstance(node, ast.FunctionDef)),
    )


def write(path: Path, route: str, statement: str, line: str) -> None:
    """Write the three lines of a diagnosis, and leave everything else in the file as it is."""
    lines = path.read_text(encoding="utf-8").splitlines()
    said = dict(zip(NAMED, (route, statement, line), strict=True))
    places = {
        target.id: (node.lineno, node.end_lineno or node.lineno)
        for node in _parsed(path).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in said
    }
    # From the last to the first, so that the numbers of the others stay right.
    for name, (first, last) in sorted(places.items(), key=lambda item: -item[1][0]):
        lines[first - 1 : last] = [f"{name} = {said[name]!r}"]
    lines += [f"{name} = {said[name]!r}" for name in NAMED if name not in places]
    temporary = path.with_suffix(".py.new")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(path)


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        raise ExerciseError(
            f"{path} is missing: `make exercise` makes it from the template."
        ) from error
    except SyntaxError as error:
        raise ExerciseError(f"{path}:{error.lineno}: {error.msg}.") from error
    except (UnicodeDecodeError, ValueError) as error:
        raise ExerciseError(f"{path} is not a text in UTF-8.") from error
