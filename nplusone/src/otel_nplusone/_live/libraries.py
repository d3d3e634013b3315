"""Tell an application's files from those of the libraries around it, wherever both are installed.

outside    /srv/clinic/stories.py              a folder that nothing is installed into
installed  …/site-packages/clinic/stories.py   an application that was installed, or any library
library    …/site-packages/sqlalchemy/…        what stands between application and driver
entry      …/site-packages/flask/app.py        what calls applications
template   <template>, memory:0x7f…            what an engine has compiled without a file
"""

import os
import sys
import sysconfig
from enum import Enum, auto
from functools import lru_cache
from importlib.metadata import distributions
from pathlib import Path


class Origin(Enum):
    """Name whose file it is."""

    OUTSIDE = auto()
    INSTALLED = auto()
    LIBRARY = auto()
    ENTRY = auto()
    TEMPLATE = auto()


# Top-level names of packages, and first words of them. They count where packages are installed
# only: a folder of the application may have any name.
_LIBRARY_NAMES = """
sqlalchemy flask_sqlalchemy flask_sqlalchemy_lite sqlmodel alembic flask_migrate flask_alembic
advanced_alchemy geoalchemy2 sqlakeyset fastapi_pagination fastapi_filter fastapi_sqlalchemy
fastapi_users fastapi_users_db_sqlalchemy fastcrud sqladmin flask_admin starlette_admin
marshmallow_sqlalchemy graphene_sqlalchemy wtforms_sqlalchemy zope clickhouse_sqlalchemy
duckdb_engine pgvector dogpile

django peewee playhouse tortoise ormar pandas polars numpy

psycopg psycopg2 psycopg_c psycopg_binary psycopg_pool psycopg2cffi asyncpg pg8000 aiosqlite
apsw pysqlite3 sqlcipher3 libsql pymysql MySQLdb mysql aiomysql asyncmy mariadb oracledb
cx_Oracle pyodbc aioodbc pymssql mssql_python duckdb ibm_db clickhouse_driver
clickhouse_connect trino snowflake google

opentelemetry wrapt sentry_sdk ddtrace newrelic elasticapm logfire prometheus_client structlog
loguru openfeature tenacity backoff stamina cachetools decorator

jinja2 markupsafe mako chameleon pydantic pydantic_core marshmallow attr attrs cattr cattrs
msgspec orjson rest_framework ninja graphene graphene_django graphql strawberry
strawberry_django ariadne drf_spectacular import_export debug_toolbar django_filters
django_tables2 wtforms

flask flask_openapi3 flask_login flask_security flask_wtf flask_caching flask_limiter
flask_marshmallow flask_smorest flask_restful flask_restx flask_session apiflask apispec
webargs connexion quart aiohttp_jinja2 asgiref dependency_injector

greenlet anyio sniffio trio exceptiongroup typing_extensions joblib billiard cffi
setuptools pkg_resources coverage pydevd debugpy hypothesis typeguard beartype
"""
_LIBRARIES = frozenset(_LIBRARY_NAMES.split())
_FIRST_WORDS = ("_", "sqlalchemy_", "opentelemetry_", "pytest_", "pydev")
# What calls an application; beyond these frames is the start of a server, a command or a test.
_ENTRY_NAMES = """
flask/app.py flask/cli.py flask/testing.py quart/app.py werkzeug/ starlette/ fastapi/ litestar/
sanic/ aiohttp/ tornado/ falcon/ bottle.py pyramid/ cherrypy/ twisted/
django/core/handlers/ django/core/management/ django/test/ channels/
gunicorn/ uvicorn/ hypercorn/ granian/ waitress/ daphne/ cheroot/ mod_wsgi/ meinheld/ a2wsgi/
mangum/ awslambdaric/ functions_framework/ celery/ kombu/ rq/ dramatiq/ huey/ arq/ taskiq/
apscheduler/ airflow/ prefect/ docket/ grpc/ click/ typer/ gevent/ eventlet/ locust/ ipykernel/
IPython/
_pytest/ pytest/ pluggy/ xdist/ execnet/ pytest_asyncio/
asyncio/ concurrent/futures/ http/server.py multiprocessing/ runpy.py socketserver.py
threading.py unittest/ wsgiref/
"""
_ENTRIES = tuple(_ENTRY_NAMES.split())
# Applications that come in one package with what calls applications.
_SERVERS = ("airflow/api_fastapi/", "airflow/www/", "prefect/server/")

_OURS = f"{Path(__file__).parent.parent}{os.sep}"
_STANDARD_LIBRARY = tuple(
    {sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")}
    | {f"{Path(os.__file__).parent}{os.sep}"}
)
# Commands that an installer has written; they call what is installed.
_SCRIPTS = sysconfig.get_path("scripts") + os.sep
_PACKAGE_FOLDERS = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))


@lru_cache(maxsize=4096)
def origin_of(filename: str) -> Origin:
    """Tell whose code of this file is; the file's name is as Python has compiled it."""
    if filename == "<template>":  # Jinja's
        return Origin.TEMPLATE
    # Code made at run time: dataclasses, namedtuples, SQLAlchemy's accessors; frozen modules.
    if filename.startswith(("<", _OURS)):
        return Origin.LIBRARY
    name = name_in_packages(filename)
    if name is not None:
        return _origin_in_packages(name)
    if not Path(filename).is_absolute():
        if not filename.endswith(".py"):  # Mako's: the template's name as a word, or an address
            return Origin.TEMPLATE
        return _origin_in_bundle(filename)
    for folder in _STANDARD_LIBRARY:
        if filename.startswith(folder):
            return _or_entry(Origin.LIBRARY, filename.removeprefix(folder))
    return Origin.INSTALLED if filename.startswith(_SCRIPTS) else Origin.OUTSIDE


@lru_cache(maxsize=4096)
def name_in_packages(filename: str) -> str | None:
    """Return a file's name within the folder that packages are installed into, None outside."""
    for folder in _PACKAGE_FOLDERS:
        _, found, name = filename.rpartition(folder)
        if found:
            return name
    entries = [entry for entry in sys.path if entry and filename.startswith(entry + os.sep)]
    entry = max(entries, key=len, default="")
    # `pip install --target` next to the application, as in a zipapp and on serverless platforms.
    return filename.removeprefix(entry + os.sep) if entry and _holds_packages(entry) else None


@lru_cache(maxsize=256)
def _holds_packages(entry: str) -> bool:
    """Tell whether packages are installed into this folder or zip file of sys.path.

    A project's own folder may have an egg-info, which has no METADATA.
    """
    return any(found.read_text("METADATA") for found in distributions(path=[entry]))


def _origin_in_packages(name: str) -> Origin:
    top = name.partition(os.sep)[0].removesuffix(".py")
    is_library = top in _LIBRARIES or top.startswith(_FIRST_WORDS)
    return _or_entry(Origin.LIBRARY if is_library else Origin.INSTALLED, name)


def _origin_in_bundle(name: str) -> Origin:
    """Tell whose file it is in a frozen program, whose files have relative names."""
    top = name.partition(os.sep)[0].removesuffix(".py")
    origin = _origin_in_packages(name)
    if origin is not Origin.INSTALLED:
        return origin
    return Origin.LIBRARY if top in sys.stdlib_module_names else Origin.OUTSIDE


def _or_entry(origin: Origin, name: str) -> Origin:
    name = name.replace(os.sep, "/")
    is_entry = name.startswith(_ENTRIES) and not name.startswith(_SERVERS)
    return Origin.ENTRY if is_entry else origin
