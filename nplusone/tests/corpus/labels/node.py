"""Label the programs in JavaScript, on Node."""

from nplusone.tests.corpus.label import (
    CHUNKS,
    CLEAN,
    N_PLUS_ONE,
    REDUNDANT,
    ROW_BY_ROW,
    Case,
    labels,
    one,
)

_SEQUELIZE = labels(
    "sequelize",
    ("sequelize_lazy", "getArtist() of 12 albums", one(N_PLUS_ONE, "SELECT artist")),
    ("sequelize_include", "the same with include", CLEAN),
    ("sequelize_four", "getArtist() of four albums", CLEAN),
    (
        "sequelize_promise_all",
        "getArtist() of 12 albums at the same time",
        one(N_PLUS_ONE, "SELECT artist", overlapping=None),
    ),
    ("sequelize_separate", "include with separate: one more statement", CLEAN),
    ("sequelize_find_by_pk", "findByPk of 8 ids", one(N_PLUS_ONE, "SELECT artist")),
    ("sequelize_in", "the same with Op.in", CLEAN),
    ("sequelize_same", "findByPk of one id six times", one(REDUNDANT, "SELECT artist")),
    ("sequelize_count_each", "countAlbums() of 7 artists", one(N_PLUS_ONE, "SELECT album")),
    ("sequelize_create_each", "create() of 6 rows", one(ROW_BY_ROW, "INSERT album")),
    ("sequelize_bulk_create", "the same with bulkCreate", CLEAN),
    ("sequelize_save_each", "save() of 6 rows", one(ROW_BY_ROW, "UPDATE album")),
    ("sequelize_pages", "six pages of 100 rows", CHUNKS),
)
_TYPEORM = labels(
    "typeorm",
    ("typeorm_lazy", "await novel.author of 9 novels", one(N_PLUS_ONE, "SELECT author")),
    ("typeorm_lazy_many", "await author.books of 9 authors", one(N_PLUS_ONE, "SELECT novel")),
    ("typeorm_relations", "the same with relations", CLEAN),
    ("typeorm_query_builder", "the same with leftJoinAndSelect", CLEAN),
    ("typeorm_four", "await novel.author of four novels", CLEAN),
    ("typeorm_find_one_each", "findOneBy of 8 ids", one(N_PLUS_ONE, "SELECT author")),
    ("typeorm_in", "the same with In", CLEAN),
    ("typeorm_save_each", "insert() of 6 rows", one(ROW_BY_ROW, "INSERT author")),
    ("typeorm_insert_many", "one insert() of 60 rows", CLEAN),
    ("typeorm_update_each", "update() of 6 rows", one(ROW_BY_ROW, "UPDATE author")),
    ("typeorm_same", "count() six times", one(REDUNDANT, "SELECT author")),
)
_KNEX = labels(
    "knex",
    ("knex_loop", "a SELECT for each of 10 ids", one(N_PLUS_ONE, "SELECT city")),
    (
        "knex_parallel",
        "the same at the same time",
        one(N_PLUS_ONE, "SELECT city", overlapping=None),
    ),
    ("knex_where_in", "the same with whereIn", CLEAN),
    ("knex_where_in_chunks", "600 ids, 100 a statement", CHUNKS),
    ("knex_three", "a SELECT for each of three ids", CLEAN),
    ("knex_literals", "ids in the text", one(N_PLUS_ONE, "SELECT city")),
    ("knex_same_literal", "one id in the text, eight times", one(REDUNDANT, "SELECT city")),
    ("knex_insert_each", "an INSERT for each of 6 rows", one(ROW_BY_ROW, "INSERT city")),
    ("knex_batch_insert", "batchInsert of 600 rows, 100 a statement", CHUNKS),
    ("knex_keyset", "six pages of 100 rows, by key", CHUNKS),
    ("knex_poll", "one look a second", CLEAN),
    (
        "knex_transaction_each",
        "a transaction with an UPDATE for each of 6 rows",
        one(ROW_BY_ROW, "UPDATE city"),
    ),
)
_GRAPHQL = labels(
    "graphql",
    (
        "graphql_resolvers",
        "a resolver that asks for the author of each of 10 posts",
        one(N_PLUS_ONE, "SELECT writer", overlapping=None),
    ),
    ("graphql_dataloader", "the same with a DataLoader", CLEAN),
    ("graphql_four", "the authors of four posts", CLEAN),
    ("graphql_no_author", "posts alone", CLEAN),
)
_GRAPHQL_DOUBT = (
    Case(
        "graphql",
        "graphql_dataloader_of_one",
        "a DataLoader of one key a batch, with = ANY($1)",
        one(N_PLUS_ONE, "SELECT writer", overlapping=None),
        doubt="one bind holds an array, and no span tells how long it is: the written rule takes "
        "it for a loader's chunk",
    ),
    Case(
        "graphql",
        "graphql_one_each",
        "six GraphQL queries of one request, each with one statement",
        one(N_PLUS_ONE, "SELECT post"),
        doubt="six questions of a client in one batch, or a loop in the server: the spans are the "
        "same",
    ),
)
# ioredis may end the span of a command after the next one has begun.
_IOREDIS = labels(
    "ioredis",
    ("ioredis_get_each", "GET of 15 keys", one(N_PLUS_ONE, "GET session:?", overlapping=None)),
    (
        "ioredis_parallel",
        "the same at the same time",
        one(N_PLUS_ONE, "GET session:?", overlapping=None),
    ),
    ("ioredis_mget", "the same with MGET", CLEAN),
    (
        "ioredis_same",
        "GET of one key seven times",
        one(REDUNDANT, "GET session:?", overlapping=None),
    ),
    ("ioredis_four", "GET of four keys", CLEAN),
    (
        "ioredis_exists_each",
        "EXISTS of 9 keys",
        one(N_PLUS_ONE, "EXISTS session:?", overlapping=None),
    ),
    ("ioredis_set_each", "SET of 9 keys", one(N_PLUS_ONE, "SET session:?", overlapping=None)),
    ("ioredis_scan", "SCAN through all keys", CHUNKS),
    ("ioredis_mixed", "five different commands", CLEAN),
)
_MONGOOSE = labels(
    "mongoose",
    ("mongoose_find_by_id_each", "findById of 10 owners", one(N_PLUS_ONE, "find owners")),
    ("mongoose_populate", "the same with populate", CLEAN),
    (
        "mongoose_populate_each",
        "populate of each of 10 documents",
        one(N_PLUS_ONE, "find owners"),
    ),
    ("mongoose_in", "the same with $in", CLEAN),
    ("mongoose_three", "findById of three owners", CLEAN),
    ("mongoose_create_each", "create() of 6 documents", one(ROW_BY_ROW, "insert owners")),
    ("mongoose_insert_many", "insertMany of 60 documents", CLEAN),
    ("mongoose_update_each", "updateOne of 6 documents", one(ROW_BY_ROW, "update dogs")),
    ("mongoose_update_many", "the same with updateMany", CLEAN),
)
_FETCH = labels(
    "fetch",
    ("fetch_loop", "8 users, each with a request", one(N_PLUS_ONE, "GET /api/users/{id}")),
    (
        "fetch_parallel",
        "the same at the same time",
        one(N_PLUS_ONE, "GET /api/users/{id}", overlapping=None),
    ),
    ("fetch_ids", "the same with one request", CLEAN),
    ("fetch_same", "one address six times", one(REDUNDANT, "GET /api/rates")),
    ("fetch_four", "four users", CLEAN),
    ("fetch_retries", "a service that is busy answers 503 six times", CLEAN),
    ("fetch_pages", "six pages", CHUNKS),
)
NODE = (
    *(*_SEQUELIZE, *_TYPEORM, *_KNEX, *_GRAPHQL, *_GRAPHQL_DOUBT),
    *(*_IOREDIS, *_MONGOOSE, *_FETCH),
)
