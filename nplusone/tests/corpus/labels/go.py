"""Label the programs in Go."""

from nplusone.tests.corpus.label import (
    CHUNKS,
    CLEAN,
    N_PLUS_ONE,
    REDUNDANT,
    ROW_BY_ROW,
    labels,
    one,
)

_GORM = labels(
    "gorm",
    ("gorm_find_each", "the songs of 12 bands, each alone", one(N_PLUS_ONE, "SELECT songs")),
    ("gorm_preload", "the same with Preload", CLEAN),
    ("gorm_joins", "the same with Joins", CLEAN),
    ("gorm_four", "the songs of four bands", CLEAN),
    ("gorm_association_each", "Association of 8 bands", one(N_PLUS_ONE, "SELECT songs")),
    ("gorm_first_each", "First of 8 ids", one(N_PLUS_ONE, "SELECT bands")),
    ("gorm_in", "the same with IN", CLEAN),
    ("gorm_same", "First of one id seven times", one(REDUNDANT, "SELECT bands")),
    ("gorm_create_each", "Create of 6 rows", one(ROW_BY_ROW, "INSERT songs")),
    ("gorm_create_all", "one Create of 60 rows", CLEAN),
    ("gorm_create_in_batches", "300 rows, 50 a statement", CHUNKS),
    ("gorm_save_each", "Update of 6 rows", one(ROW_BY_ROW, "UPDATE bands")),
    ("gorm_find_in_batches", "FindInBatches, 50 rows a statement", CHUNKS),
)
_PGX = labels(
    "pgx",
    ("pgx_loop", "a SELECT for each of 10 ids", one(N_PLUS_ONE, "SELECT planet")),
    ("pgx_any", "the same with = ANY($1)", CLEAN),
    ("pgx_three", "a SELECT for each of three ids", CLEAN),
    (
        "pgx_goroutines",
        "a SELECT for each of 10 ids, each in a goroutine",
        one(N_PLUS_ONE, "SELECT planet", overlapping=None),
    ),
    ("pgx_no_rows", "8 ids that are not there", one(N_PLUS_ONE, "SELECT planet")),
    ("pgx_batch", "10 statements in one batch", CLEAN),
    ("pgx_copy", "COPY of 6 rows", CLEAN),
    ("pgx_insert_each", "an INSERT for each of 6 rows", one(ROW_BY_ROW, "INSERT planet")),
    (
        "pgx_transaction_each",
        "a transaction with an UPDATE for each of 6 rows",
        one(ROW_BY_ROW, "UPDATE planet"),
    ),
    ("pgx_count_again", "the same count six times", one(REDUNDANT, "SELECT planet")),
)
_OTELSQL = labels(
    "otelsql",
    ("otelsql_loop", "a SELECT for each of 10 ids", one(N_PLUS_ONE, "SELECT star")),
    ("otelsql_in", "the same with IN", CLEAN),
    ("otelsql_four", "a SELECT for each of four ids", CLEAN),
    ("otelsql_prepare_each", "prepared anew 7 times", one(N_PLUS_ONE, "SELECT star")),
    ("otelsql_prepare_four", "prepared anew four times", CLEAN),
    ("otelsql_ping", "eight pings", CLEAN),
    (
        "otelsql_transaction_each",
        "a transaction with a DELETE for each of 6 rows",
        one(ROW_BY_ROW, "DELETE star"),
    ),
    ("otelsql_keyset", "six pages of 100 rows, by key", CHUNKS),
)
_GOREDIS = labels(
    "goredis",
    ("goredis_get_each", "GET of 12 keys", one(N_PLUS_ONE, "GET score:?")),
    ("goredis_mget", "MGET of six keys", CLEAN),
    ("goredis_pipeline", "12 GETs in one pipeline", CLEAN),
    ("goredis_four", "GET of four keys", CLEAN),
    ("goredis_miss_each", "GET of 8 keys that are not there", one(N_PLUS_ONE, "GET score:?")),
    ("goredis_same", "GET of one key seven times", one(REDUNDANT, "GET score:?")),
)
_NETHTTP = labels(
    "nethttp",
    ("nethttp_loop", "9 accounts, each with a request", one(N_PLUS_ONE, "GET /accounts/{id}")),
    ("nethttp_ids", "the same with one request", CLEAN),
    ("nethttp_four", "four accounts", CLEAN),
    ("nethttp_same", "one address six times", one(REDUNDANT, "GET /limits")),
    ("nethttp_retries", "a service that is busy answers 503 six times", CLEAN),
    ("nethttp_pages", "six pages", CHUNKS),
)
GO = (*_GORM, *_PGX, *_OTELSQL, *_GOREDIS, *_NETHTTP)
