"""Tell whether an instruction can run again in the same call of its function.

    for cat_id in ids:
        cats.append(get_cat(cat_id))      ◄── yes: the loop leads back to it
    ...
    while True:
        try:
            return execute(statement)     ◄── no: only an error leads back to it

A repeated statement tells which functions it came through, and not which of them has the loop; the
bytecode does.
"""

import dis
from bisect import bisect_right
from functools import partial
from types import CodeType

from otel_nplusone._live.by_code import ByCode

_ENDS = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"})
_ALWAYS_JUMPS = frozenset(
    {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "JUMP_ABSOLUTE"}
)


_known: ByCode[bool] = ByCode()


def is_in_loop(code: CodeType, offset: int) -> bool:
    """Tell whether what runs at this offset can come to run again, without an exception."""
    return _known.look_up(code, offset, partial(_leads_back, code, offset))


def _leads_back(code: CodeType, offset: int) -> bool:
    ways = _ways(code)
    offsets = sorted(ways)
    # A frame that waits for a call may stand at the last of the entries behind the instruction.
    start = offsets[max(bisect_right(offsets, offset) - 1, 0)]
    seen: set[int] = set()
    ahead = list(ways[start])
    while ahead:
        at = ahead.pop()
        if at == start:
            return True
        if at not in seen:
            seen.add(at)
            ahead.extend(ways.get(at, ()))
    return False


def _ways(code: CodeType) -> dict[int, tuple[int, ...]]:
    """Return the offsets that each instruction leads to."""
    instructions = list(dis.get_instructions(code))
    following = [one.offset for one in instructions[1:]]
    return {
        one.offset: _next(one, after)
        for one, after in zip(instructions, [*following, -1], strict=True)
    }


def _next(one: dis.Instruction, after: int) -> tuple[int, ...]:
    if one.opname in _ENDS:
        return ()
    if one.opcode not in dis.hasjrel and one.opcode not in dis.hasjabs:
        return (after,)
    target = int(one.argval)
    # What waits for an answer jumps back to itself: a generator that is asked, an await.
    if one.opname == "JUMP_BACKWARD_NO_INTERRUPT":
        return (after,)
    return (target,) if one.opname in _ALWAYS_JUMPS else (target, after)
