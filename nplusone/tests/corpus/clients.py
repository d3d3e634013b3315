"""List the programs whose traces are recorded: their language, client and what each needs."""

from dataclasses import dataclass

PYTHON, NODE, GO, JAVA = "Python", "JavaScript", "Go", "Java"
POSTGRES, REDIS, MONGO = "postgresql", "redis", "mongodb"


@dataclass(frozen=True, slots=True)
class Program:
    """Describe a program of `programs/`, the client library that it shows, and its servers."""

    name: str
    language: str
    client: str
    servers: tuple[str, ...] = ()


PROGRAMS = (
    Program("clinic", PYTHON, "Flask, SQLAlchemy"),
    Program("orm", PYTHON, "SQLAlchemy"),
    Program("core", PYTHON, "SQLAlchemy Core"),
    Program("async_orm", PYTHON, "SQLAlchemy asyncio, aiosqlite"),
    Program("django_books", PYTHON, "Django, sqlite3"),
    Program("django_shop", PYTHON, "Django, psycopg", (POSTGRES,)),
    Program("peewee_blog", PYTHON, "Peewee, sqlite3"),
    Program("tortoise_events", PYTHON, "Tortoise", (POSTGRES,)),
    Program("asyncpg_cats", PYTHON, "asyncpg", (POSTGRES,)),
    Program("redis_cart", PYTHON, "redis-py", (REDIS,)),
    Program("http_users", PYTHON, "requests, Flask"),
    Program("httpx_users", PYTHON, "httpx"),
    Program("grpc_users", PYTHON, "grpcio"),
    Program("pymongo_cats", PYTHON, "PyMongo", (MONGO,)),
    Program("sequelize", NODE, "Sequelize, pg", (POSTGRES,)),
    Program("typeorm", NODE, "TypeORM, pg", (POSTGRES,)),
    Program("knex", NODE, "Knex, pg", (POSTGRES,)),
    Program("graphql", NODE, "GraphQL, DataLoader, pg", (POSTGRES,)),
    Program("ioredis", NODE, "ioredis", (REDIS,)),
    Program("mongoose", NODE, "Mongoose", (MONGO,)),
    Program("fetch", NODE, "fetch, Express"),
    Program("gorm", GO, "GORM", (POSTGRES,)),
    Program("pgx", GO, "pgx, otelpgx", (POSTGRES,)),
    Program("otelsql", GO, "database/sql, otelsql", (POSTGRES,)),
    Program("goredis", GO, "go-redis", (REDIS,)),
    Program("nethttp", GO, "net/http, otelhttp"),
    Program("hibernate", JAVA, "Hibernate, H2"),
    Program("jdbc", JAVA, "JDBC", (POSTGRES,)),
    Program("jedis", JAVA, "Jedis", (REDIS,)),
    Program("javamongo", JAVA, "MongoDB driver", (MONGO,)),
    Program("httpclient", JAVA, "java.net.http"),
)
