"""Name a statement by its verb and tables: `SELECT cat`, `SELECT person veterinarian`.

The SQLAlchemy instrumentation names spans by verb and database (`SELECT demo`; on SQLite the
file's path), which makes every row of a waterfall read alike. This is the low-cardinality
db.query.summary of OpenTelemetry's semantic conventions for databases, which is also the span's
name there.
"""

import re
from functools import lru_cache

# A table follows one of these words; a sub-select's parenthesis after FROM is not a table.
_TABLE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+("?[\w.]+"?)', re.IGNORECASE)
_VERB = re.compile(r"\s*(?:/\*.*?\*/\s*)*([a-z]+)", re.IGNORECASE | re.DOTALL)
_MAX_TABLES = 4


@lru_cache(maxsize=1024)
def summarize(statement: str) -> str:
    """Return verb and tables in order of appearance, each once, at most four of them."""
    verb = operation(statement)
    tables = dict.fromkeys(name.strip('"') for name in _TABLE.findall(statement))
    return " ".join([verb, *list(tables)[:_MAX_TABLES]])


@lru_cache(maxsize=1024)
def operation(statement: str) -> str:
    """Return the statement's verb in upper case, or SQL where there is none."""
    match = _VERB.match(statement)
    return match.group(1).upper() if match else "SQL"
