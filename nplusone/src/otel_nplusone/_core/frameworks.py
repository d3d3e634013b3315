"""Tell by which library a statement was made: advice is in its words, and in no other's.

By the instrumentation scopes of the statement's span and of those around it, from the inside out,
and where a driver's span is all, by the forms that an ORM alone writes:

    python  FROM book AS t1 WHERE (t1.id = ?)                  peewee
    java    SELECT s1_0.id, s1_0.name FROM Ship s1_0           Hibernate
    nodejs  SELECT Owner.id AS Owner_id FROM owner Owner       TypeORM
"""

import re
from collections.abc import Sequence
from functools import lru_cache

GRAPHQL = "graphql"
# A piece of a scope's name → the library. The first that fits counts.
_SCOPES = (
    ("spring-data", "spring_data"),
    ("hibernate", "hibernate"),
    ("entityframework", "efcore"),
    ("activerecord", "activerecord"),
    ("active_record", "activerecord"),
    ("prisma", "prisma"),
    ("gorm", "gorm"),
    ("entgo", "ent"),
    ("ariga.io/entcache", "ent"),
    ("doctrine", "doctrine"),
    ("eloquent", "eloquent"),
    ("laravel", "eloquent"),
    ("sequelize", "sequelize"),
    ("typeorm", "typeorm"),
    ("mongoose", "mongoose"),
    ("knex", "knex"),
    ("tortoise", "tortoise"),
    ("sqlalchemy", "sqlalchemy"),
    ("instrumentation.django", "django"),
)
_GRAPHQL = ("graphql", "graphene", "strawberry", "ariadne", "apollo")
_STARTS = (
    ("opentelemetry.instrumentation.", "python"),
    ("@opentelemetry/", "nodejs"),
    ("io.opentelemetry.contrib.php", "php"),
    ("io.opentelemetry.", "java"),
    ("OpenTelemetry::", "ruby"),
    ("OpenTelemetry.", "dotnet"),
)
# Language → the library that writes so. Names are quoted no more when this is asked.
_FORMS = {
    "python": ((re.compile(r"\bFROM \w+ AS t1\b.*\bt1\.\w+"), "peewee"),),
    "java": ((re.compile(r"\b[a-z]{1,3}\d+_\d+\.\w+|\b\w+\d_\.\w+ AS \w+\d_\d_"), "hibernate"),),
    "php": ((re.compile(r"\b[a-z]+\d_?\.\w+ AS \w+_\d+\b"), "doctrine"),),
    "nodejs": (
        (re.compile(r"\b(\w+)\.(\w+) AS \1_\2\b"), "typeorm"),
        (re.compile(r"\bFROM (\w+?)s? AS \1s? WHERE \(?\1s?\.\w+", re.IGNORECASE), "sequelize"),
    ),
    "ruby": ((re.compile(r"^SELECT (\w+)\.\* FROM \1 "), "activerecord"),),
}
# Django writes each column with its table; what is written by hand is seldom so.
_QUALIFIED = re.compile(r"\b\w+\.\w+\b.* FROM |(?:WHERE|AND) \(?\w+\.\w+ ")


@lru_cache(maxsize=4096)
def framework_of(origins: Sequence[str], statement: str) -> str:
    """Return the library's name, empty where none is known.

    origins: of the span and of those around it, from the inside out, as a tuple.
    """
    for origin in origins:
        scope = origin.partition(" ")[2].lower()
        for piece, name in _SCOPES:
            if piece in scope and (name != "django" or _QUALIFIED.search(statement)):
                return name
    for form, name in _FORMS.get(_language(origins), ()):
        if form.search(statement):
            return name
    return ""


def _language(origins: Sequence[str]) -> str:
    """Return the language, by the way a scope is named where no resource tells."""
    for origin in origins:
        language, _, scope = origin.partition(" ")
        if language not in ("", "-"):
            return language
        for start, named in _STARTS:
            if scope.startswith(start):
                return named
    return ""


def is_resolved(origins: Sequence[str]) -> bool:
    """Tell whether a resolver of GraphQL is around it."""
    return any(piece in origin.lower() for origin in origins for piece in _GRAPHQL)
