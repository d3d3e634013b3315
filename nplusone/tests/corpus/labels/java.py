"""Label the programs in Java, under OpenTelemetry's agent."""

from nplusone.tests.corpus.label import (
    CHUNKS,
    CLEAN,
    N_PLUS_ONE,
    NESTED,
    REDUNDANT,
    ROW_BY_ROW,
    Case,
    labels,
    one,
)

_HIBERNATE = labels(
    "hibernate",
    ("hibernate_lazy_one", "ship.harbour of 12 ships", one(N_PLUS_ONE, "SELECT harbour")),
    ("hibernate_join_fetch", "the same with join fetch", CLEAN),
    ("hibernate_lazy_four", "ship.harbour of four ships", CLEAN),
    ("hibernate_lazy_many", "ship.crew of 12 ships", one(N_PLUS_ONE, "SELECT sailor")),
    (
        "hibernate_nested",
        "ship.harbour and ship.crew of 12 ships",
        one(NESTED, "SELECT harbour", "SELECT sailor"),
    ),
    ("hibernate_find_each", "find of 8 ids", one(N_PLUS_ONE, "SELECT harbour")),
    ("hibernate_multi_load", "the same with multiLoad", CLEAN),
    ("hibernate_query_again", "the same count six times", one(REDUNDANT, "SELECT harbour")),
    (
        "hibernate_persist_identity",
        "persist of 6 rows with IDENTITY: each alone",
        one(ROW_BY_ROW, "INSERT harbour"),
    ),
    ("hibernate_persist_sequence", "persist of 6 rows with a sequence and JDBC batches", CLEAN),
    ("hibernate_update_each", "dirty checking of 6 rows", one(ROW_BY_ROW, "UPDATE ship")),
    ("hibernate_update_batch", "the same with JDBC batches", CLEAN),
    ("hibernate_update_query", "one update for all rows", CLEAN),
)
_JDBC = labels(
    "jdbc",
    ("jdbc_loop", "a SELECT for each of 10 ids", one(N_PLUS_ONE, "SELECT river")),
    ("jdbc_in", "the same with IN", CLEAN),
    ("jdbc_four", "a SELECT for each of four ids", CLEAN),
    (
        "jdbc_literals",
        "8 ids in the text, which the agent leaves out",
        one(N_PLUS_ONE, "SELECT river"),
    ),
    ("jdbc_count_again", "the same count six times", one(REDUNDANT, "SELECT river")),
    ("jdbc_insert_each", "an INSERT for each of 6 rows", one(ROW_BY_ROW, "INSERT river")),
    ("jdbc_batch", "the same with addBatch", CLEAN),
    ("jdbc_two_tables", "two statements, three times each", CLEAN),
)
_JDBC_DOUBT = (
    Case(
        "jdbc",
        "jdbc_pages",
        "six pages of 100 rows, by offset",
        chunked=True,
        doubt="the agent writes LIMIT ? OFFSET ?: no span tells how long a page is",
    ),
)
_JEDIS = labels(
    "jedis",
    ("jedis_get_each", "GET of 12 keys", one(N_PLUS_ONE, "GET visit:?")),
    ("jedis_mget", "MGET of five keys", CLEAN),
    ("jedis_four", "GET of four keys", CLEAN),
    ("jedis_same", "GET of one key seven times", one(REDUNDANT, "GET visit:?")),
)
_MONGO = labels(
    "javamongo",
    ("javamongo_find_each", "find of 10 ids", one(N_PLUS_ONE, "find trees")),
    ("javamongo_in", "the same with $in", CLEAN),
    ("javamongo_four", "find of four ids", CLEAN),
    ("javamongo_cursor", "200 documents of one cursor, 20 a batch", CHUNKS),
    ("javamongo_insert_each", "insertOne of 6 documents", one(ROW_BY_ROW, "insert trees")),
    ("javamongo_insert_many", "insertMany of 60 documents", CLEAN),
    ("javamongo_update_each", "updateOne of 6 documents", one(ROW_BY_ROW, "update trees")),
)
_HTTP = labels(
    "httpclient",
    ("httpclient_loop", "9 parcels, each with a request", one(N_PLUS_ONE, "GET /parcels/{id}")),
    ("httpclient_ids", "the same with one request", CLEAN),
    ("httpclient_four", "four parcels", CLEAN),
    ("httpclient_retries", "a service that is busy answers 503 six times", CLEAN),
    ("httpclient_pages", "six pages", CHUNKS),
)
JAVA = (*_HIBERNATE, *_JDBC, *_JDBC_DOUBT, *_JEDIS, *_MONGO, *_HTTP)
