"""Name the package that instruments a library: what to install where nothing was seen."""

from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import entry_points

# What statements are sent with, from the outer layer to the driver: one layer is enough.
DATABASES = {
    "sqlalchemy": "sqlalchemy",
    "tortoise": "tortoiseorm",
    "psycopg": "psycopg",
    "psycopg2": "psycopg2",
    "asyncpg": "asyncpg",
    "aiopg": "aiopg",
    "MySQLdb": "mysqlclient",
    "pymysql": "pymysql",
    "mysql": "mysql",
    "pymongo": "pymongo",
    "redis": "redis",
}
# What requests and tasks are served by.
FRAMEWORKS = {
    "flask": "flask",
    "django": "django",
    "fastapi": "fastapi",
    "starlette": "starlette",
    "aiohttp": "aiohttp-server",
    "tornado": "tornado",
    "falcon": "falcon",
    "pyramid": "pyramid",
    "grpc": "grpc",
    "celery": "celery",
}
INSTRUMENTATIONS = DATABASES | FRAMEWORKS
# Their names in a sentence, where that is not the module's.
TITLES = {
    "sqlalchemy": "SQLAlchemy",
    "tortoise": "Tortoise ORM",
    "MySQLdb": "mysqlclient",
    "pymysql": "PyMySQL",
    "mysql": "MySQL Connector",
    "pymongo": "PyMongo",
    "flask": "Flask",
    "django": "Django",
    "fastapi": "FastAPI",
    "starlette": "Starlette",
    "tornado": "Tornado",
    "falcon": "Falcon",
    "pyramid": "Pyramid",
    "grpc": "gRPC",
    "celery": "Celery",
}


Missing = tuple[tuple[str, str], ...]


def missing(is_there: Callable[[str], object]) -> Missing:
    """Return the libraries that are there and not instrumented, with the package that does it."""
    found = {
        library: f"opentelemetry-instrumentation-{name}"
        for library, name in INSTRUMENTATIONS.items()
        if not is_instrumented(name) and is_there(library)
    }
    if is_there("fastapi"):  # its instrumentation covers what it is built on
        found.pop("starlette", None)
    return tuple(found.items())


def is_instrumented(name: str) -> bool:
    """Tell whether opentelemetry-instrumentation-NAME is installed."""
    return name.replace("-", "_") in _instrumentations()


@lru_cache(maxsize=1)
def _instrumentations() -> frozenset[str]:
    loaded = entry_points(group="opentelemetry_instrumentor")
    return frozenset(entry.name.replace("-", "_") for entry in loaded)
