"""Label the traces of the programs in Rust."""

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

_SEAORM = labels(
    "seaorm",
    ("seaorm_related_each", "the books of 12 authors, each alone", one(N_PLUS_ONE, "SELECT book")),
    ("seaorm_related_one", "the author of each of nine books", one(N_PLUS_ONE, "SELECT author")),
    ("seaorm_also_related", "the same with find_also_related", CLEAN),
    ("seaorm_with_related", "authors with find_with_related", CLEAN),
    ("seaorm_load_many", "the books of all authors with load_many", CLEAN),
    ("seaorm_load_one", "the authors of all books with load_one", CLEAN),
    ("seaorm_four", "the books of four authors", CLEAN),
    ("seaorm_find_by_id_each", "find_by_id of eight ids", one(N_PLUS_ONE, "SELECT author")),
    ("seaorm_is_in", "the same with is_in", CLEAN),
    ("seaorm_count_each", "a count for each of seven authors", one(N_PLUS_ONE, "SELECT book")),
    ("seaorm_same", "all authors six times", one(REDUNDANT, "SELECT author")),
    ("seaorm_insert_each", "insert of six rows", one(ROW_BY_ROW, "INSERT book")),
    ("seaorm_insert_many", "insert_many of 60 rows", CLEAN),
    ("seaorm_update_each", "update of six rows", one(ROW_BY_ROW, "UPDATE book")),
    ("seaorm_update_many", "update_many of all rows", CLEAN),
    (
        "seaorm_transaction_each",
        "a transaction with an insert for each of six rows",
        one(ROW_BY_ROW, "INSERT book"),
    ),
)
_DIESEL = labels(
    "diesel",
    (
        "diesel_belonging_to_each",
        "the visits of ten cats, each alone",
        one(N_PLUS_ONE, "SELECT visits"),
    ),
    ("diesel_belonging_to", "the same with one belonging_to", CLEAN),
    ("diesel_inner_join", "the same with inner_join", CLEAN),
    ("diesel_find_each", "find of eight ids", one(N_PLUS_ONE, "SELECT visits")),
    ("diesel_eq_any", "the same with eq_any", CLEAN),
    ("diesel_four", "find of four ids", CLEAN),
    ("diesel_same", "find of one id six times", one(REDUNDANT, "SELECT visits")),
    ("diesel_count_again", "the same count six times", one(REDUNDANT, "SELECT cats")),
    ("diesel_insert_each", "insert of six rows", one(ROW_BY_ROW, "INSERT visits")),
    ("diesel_update_each", "update of six rows", one(ROW_BY_ROW, "UPDATE visits")),
    ("diesel_transaction", "three rows in one transaction", CLEAN),
    ("diesel_keyset", "pages of 50 rows, by key", CHUNKS),
)
_IN_DOUBT = (
    Case(
        "seaorm",
        "seaorm_pages",
        "six pages of paginate",
        doubt="SeaORM writes LIMIT $1 OFFSET $2: no span tells how long a page is",
    ),
    Case(
        "diesel",
        "diesel_execute_each",
        "execute of six updates",
        doubt="diesel-tracing gives no text of what is executed without rows to return: a scan"
        " counts these spans as not judged",
    ),
)
RUST = (*_SEAORM, *_DIESEL, *_IN_DOUBT)
