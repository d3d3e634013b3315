"""Define a label: a trace of a program, how it came about, and what is wrong in it."""

from dataclasses import dataclass

from otel_nplusone._core.model import RepeatClass

N_PLUS_ONE = RepeatClass.N_PLUS_ONE
REDUNDANT = RepeatClass.REDUNDANT
ROW_BY_ROW = RepeatClass.ROW_BY_ROW_WRITE
NESTED = RepeatClass.NESTED


@dataclass(frozen=True, slots=True)
class Fault:
    """Name a class, and the statements that repeat, each by verb and first table, or by its call.

    `overlapping` is None where it depends on how fast the machine was, not on the program.
    """

    repeat_class: RepeatClass
    statements: tuple[str, ...]
    overlapping: bool | None = False


@dataclass(frozen=True, slots=True)
class Case:
    """Label a trace of `program`: how it came about, and its faults.

    `doubt` says why two people who know the program could answer differently: such a case is
    shown apart, and counts nowhere.
    """

    program: str
    name: str
    how: str
    faults: tuple[Fault, ...] = ()
    chunked: bool = False
    incomplete: bool = False
    doubt: str = ""


def one(
    repeat_class: RepeatClass, *statements: str, overlapping: bool | None = False
) -> tuple[Fault]:
    """Return the faults of a case that has one."""
    return (Fault(repeat_class, statements, overlapping),)


def labels(program: str, *rows: tuple[str, str, tuple[Fault, ...]]) -> tuple[Case, ...]:
    """Return the cases of one program: name, how it came about, faults; CHUNKS says chunks."""
    return tuple(
        Case(program, name, how, () if faults is CHUNKS else faults, chunked=faults is CHUNKS)
        for name, how, faults in rows
    )


CLEAN: tuple[Fault, ...] = ()
CHUNKS: tuple[Fault, ...] = (Fault(RepeatClass.CHUNKED_BATCH, ()),)
