"""Label the other programs in Python."""

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

_DJANGO = labels(
    "django_shop",
    ("pg_foreign_key", "order.customer of 12 orders", one(N_PLUS_ONE, "SELECT customer")),
    ("pg_select_related", "the same with select_related", CLEAN),
    ("pg_four", "order.customer of four orders", CLEAN),
    ("pg_count_each", "lines.count() of each order", one(N_PLUS_ONE, "SELECT line")),
    ("pg_annotate", "the same with one GROUP BY", CLEAN),
    ("pg_exists_each", "orders.exists() of each customer", one(N_PLUS_ONE, "SELECT shop_order")),
    ("pg_first_each", "the newest line of each order", one(N_PLUS_ONE, "SELECT line")),
    ("pg_get_each", "get(id=…) for each of 8 ids", one(N_PLUS_ONE, "SELECT customer")),
    ("pg_in_bulk", "the same with in_bulk", CLEAN),
    (
        "pg_filter_after_prefetch",
        "filter() on a relationship that was prefetched in vain",
        one(N_PLUS_ONE, "SELECT line"),
    ),
    ("pg_prefetch", "prefetch_related and all()", CLEAN),
    ("pg_save_each", "save() of each customer", one(ROW_BY_ROW, "UPDATE customer")),
    ("pg_bulk_update", "the same with bulk_update", CLEAN),
    ("pg_update_all", "the same with one UPDATE", CLEAN),
    ("pg_create_each", "create() for each of 7 rows", one(ROW_BY_ROW, "INSERT line")),
    ("pg_bulk_create", "the same with bulk_create", CLEAN),
    ("pg_bulk_create_batches", "bulk_create of 700 rows, 100 a statement", CHUNKS),
    ("pg_delete_each", "delete() of each row", one(ROW_BY_ROW, "DELETE line")),
    (
        "pg_nested",
        "order.customer and lines.count() of each order",
        one(NESTED, "SELECT customer", "SELECT line"),
    ),
    ("pg_count_again", "the same count six times", one(REDUNDANT, "SELECT line")),
    ("pg_iterator", "iterator(): a server-side cursor", CLEAN),
    ("pg_pages", "seven pages of 300 rows, by offset", CHUNKS),
    ("pg_five_questions", "five different statements", CLEAN),
)
_PEEWEE = labels(
    "peewee_blog",
    ("peewee_foreign_key", "post.author of 9 posts", one(N_PLUS_ONE, "SELECT author")),
    ("peewee_foreign_key_four", "post.author of four posts", CLEAN),
    ("peewee_join", "the same with join", CLEAN),
    ("peewee_backref", "author.posts of 9 authors", one(N_PLUS_ONE, "SELECT post")),
    ("peewee_prefetch", "the same with prefetch", CLEAN),
    ("peewee_get_each", "get_by_id for each of 7 ids", one(N_PLUS_ONE, "SELECT author")),
    ("peewee_in", "the same with IN", CLEAN),
    ("peewee_pages", "seven pages of 100 rows", CHUNKS),
    ("peewee_create_each", "create() for each of 6 rows", one(ROW_BY_ROW, "INSERT post")),
    ("peewee_insert_many", "insert_many of 60 rows", CLEAN),
    ("peewee_save_each", "save() of each author", one(ROW_BY_ROW, "UPDATE author")),
)
_PEEWEE_DOUBT = (
    Case(
        "peewee_blog",
        "peewee_get_one_again",
        "the same count seven times",
        one(REDUNDANT, "SELECT author"),
        doubt="the program counts the same; Peewee sends the 1 of its SELECT and of its LIMIT as "
        "binds, so that nobody can tell from the trace: n_plus_one is right for the spans alone",
    ),
)
_TORTOISE = labels(
    "tortoise_events",
    ("tortoise_foreign_key", "await player.team of 8 players", one(N_PLUS_ONE, "SELECT team")),
    ("tortoise_select_related", "the same with select_related", CLEAN),
    (
        "tortoise_fetch_related",
        "fetch_related of each of 8 teams",
        one(N_PLUS_ONE, "SELECT player"),
    ),
    (
        "tortoise_gather",
        "the players of 8 teams, at the same time",
        one(N_PLUS_ONE, "SELECT player", overlapping=None),
    ),
    ("tortoise_prefetch", "the same with prefetch_related", CLEAN),
    ("tortoise_two_teams", "the players of two teams", CLEAN),
    ("tortoise_create_each", "create() for each of 6 rows", one(ROW_BY_ROW, "INSERT player")),
    ("tortoise_bulk_create", "the same with bulk_create", CLEAN),
)
_ASYNCPG = labels(
    "asyncpg_cats",
    ("asyncpg_loop", "a SELECT for each of 10 ids", one(N_PLUS_ONE, "SELECT kitten")),
    ("asyncpg_any", "the same with = ANY($1)", CLEAN),
    ("asyncpg_any_chunks", "900 ids with = ANY($1), 150 a statement", CHUNKS),
    ("asyncpg_three", "a SELECT for each of three ids", CLEAN),
    ("asyncpg_same_id", "the same count six times", one(REDUNDANT, "SELECT kitten")),
    ("asyncpg_cursor", "30 rows of one cursor", CLEAN),
    ("asyncpg_insert_each", "an INSERT for each of 6 rows", one(ROW_BY_ROW, "INSERT kitten")),
    ("asyncpg_executemany", "the same with executemany", CLEAN),
    ("asyncpg_poll", "one look a second", CLEAN),
)
_REDIS = labels(
    "redis_cart",
    ("redis_get_each", "GET of 20 products", one(N_PLUS_ONE, "GET ?")),
    ("redis_mget", "the same with MGET", CLEAN),
    ("redis_four", "GET of four products", CLEAN),
    ("redis_hash_each", "HGETALL of 12 carts", one(N_PLUS_ONE, "HGETALL ?")),
    ("redis_pipeline", "the same in one pipeline", CLEAN),
    ("redis_pipelines", "36 GETs in pipelines of six", CHUNKS),
    ("redis_set_each", "SET of 12 products", one(N_PLUS_ONE, "SET ?")),
    ("redis_scan", "SCAN through all keys", CHUNKS),
    ("redis_wait", "BLPOP six times, while nothing comes", CLEAN),
    ("redis_mixed", "six different commands", CLEAN),
)
_REDIS_DOUBT = (
    Case(
        "redis_cart",
        "redis_same_key",
        "GET of one key eight times",
        one(REDUNDANT, "GET ?"),
        doubt="the program asks for one key; the instrumentation writes `GET ?`, so that nobody "
        "can tell from the trace: n_plus_one is right for whoever has only the spans",
    ),
)
_MONGO = labels(
    "pymongo_cats",
    ("pymongo_find_one_each", "find_one of 10 owners", one(N_PLUS_ONE, "find owners")),
    ("pymongo_in", "the same with $in", CLEAN),
    ("pymongo_three", "find_one of three owners", CLEAN),
    ("pymongo_same", "one owner six times", one(REDUNDANT, "find owners")),
    ("pymongo_cursor", "300 documents of one cursor, 25 a batch", CHUNKS),
    ("pymongo_count_each", "count_documents of 7 owners", one(N_PLUS_ONE, "aggregate cats")),
    ("pymongo_insert_each", "insert_one six times", one(ROW_BY_ROW, "insert cats")),
    ("pymongo_insert_many", "the same with insert_many", CLEAN),
    ("pymongo_update_each", "update_one six times", one(ROW_BY_ROW, "update cats")),
    ("pymongo_update_many", "the same with update_many", CLEAN),
)
_REQUESTS = labels(
    "http_users",
    ("http_user_each", "15 users, each with a request", one(N_PLUS_ONE, "GET /users/{id}")),
    ("http_ids", "the same with one request for 15 ids", CLEAN),
    ("http_three", "three users", CLEAN),
    ("http_same", "one address eight times", one(REDUNDANT, "GET /settings")),
    ("http_post_each", "a message eight times", one(N_PLUS_ONE, "POST /messages")),
    ("http_filter_each", "?id=… eight times", one(N_PLUS_ONE, "GET /users?id")),
    ("http_id_chunks", "300 ids, 50 a request", CHUNKS),
    ("http_pages", "seven pages", CHUNKS),
    ("http_retries", "a service that is busy answers 503 six times", CLEAN),
    ("http_poll", "one look a second", CLEAN),
)
_HTTPX = labels(
    "httpx_users",
    ("httpx_loop", "9 users, each with a request", one(N_PLUS_ONE, "GET /users/{id}")),
    (
        "httpx_gather",
        "the same at the same time",
        one(N_PLUS_ONE, "GET /users/{id}", overlapping=None),
    ),
    ("httpx_ids", "the same with one request", CLEAN),
    ("httpx_different", "six different addresses", CLEAN),
    ("httpx_four", "four users at the same time", CLEAN),
)
_GRPC = labels(
    "grpc_users",
    ("grpc_each", "GetUser nine times", one(N_PLUS_ONE, "grpc shop.Users/GetUser")),
    ("grpc_batch", "BatchGetUsers once", CLEAN),
    ("grpc_four", "GetUser four times", CLEAN),
    ("grpc_stream", "one call that answers with 30 messages", CLEAN),
    ("grpc_retries", "a service that is busy fails six times", CLEAN),
)
_GRPC_DOUBT = (
    Case(
        "grpc_users",
        "grpc_batches",
        "BatchGetUsers six times",
        doubt="chunks by the method's name; how many ids each call has no span tells",
    ),
)
PYTHON = (
    *(*_DJANGO, *_PEEWEE, *_PEEWEE_DOUBT, *_TORTOISE, *_ASYNCPG, *_REDIS, *_REDIS_DOUBT),
    *(*_MONGO, *_REQUESTS, *_HTTPX, *_GRPC, *_GRPC_DOUBT),
)
