"""Give a trace for each kind of verdict that is hard to get right, its siblings and near misses.

The traces under corpus/reported were rebuilt after public reports and instrumentations' output;
its siblings here are drawn. Each line says what a sensible expert would answer.
"""

from collections.abc import Callable
from functools import cache

from nplusone.tests.corpus.recording import TRACES
from nplusone.tests.traces import Drawing
from otel_nplusone._core.model import SpanKind, Trace
from otel_nplusone._read.assemble import Assembler
from otel_nplusone._read.files import read_file
from otel_nplusone._read.skipped import Skipped

N = "n_plus_one"
SAME = "redundant"
ROWS = "row_by_row_write"
LOOP = "nested"
Verdict = list[tuple[str, str, int]]

REPORTED: dict[str, Verdict] = {
    "f16_jaeger_reference_id_short": [(N, "FROM customer", 8)],
    "k1a_error_beside": [(N, "FROM a", 5)],
    "k1b_parent_failed": [(N, "FROM a", 5)],
    "k2_in_one": [(N, "FROM a", 5)],
    "k3_set_prefix": [(ROWS, "INSERT INTO a", 5)],
    "k4a_cut_text": [(N, "FROM a", 5)],
    "k4b_same_text_other_collection": [],
    "k5a_no_root": [],
    "k5b_no_text": [(N, "SELECT a", 5)],
    "k6_prepare_execute": [],
    "n04_asyncpg_cursor_rows": [],
    "n05_cache_miss_error_then_sql": [(N, "FROM product", 30), (N, "GET product:?", 30)],
    "n08_sequence_per_insert": [(ROWS, "INSERT INTO orders", 25)],
    "n09_truncated_256": [(N, "SELECT invoice_line_item", 20)],
    "n12_mongo_node_sanitised": [(N, "find cartoons", 8)],
    "n14_pdo_statement_on_three_spans": [],
    "n15b_query_summary_only": [(N, "SELECT order_line", 50)],
    "n17_keyset_pagination": [],
    "n18_polling_worker": [],
    "n26_http_n_plus_one": [(N, "GET user-svc:5000 /api/users/{id}", 20)],
    "n32_redis_uuid_keys": [(N, "HGET ?", 30)],
    "n33_db_statement_parameters": [(SAME, "FROM setting", 12)],
    "n35_efcore_set_nocount_insert": [(ROWS, "INSERT INTO blogs", 50)],
    "n43_five_call_sites": [(SAME, "FROM users", 5)],
}


@cache
def load(name: str) -> tuple[Trace, ...]:
    """Read a trace that was reported."""
    with Assembler() as assembler:
        assembler.add(read_file(str(TRACES.parent / "reported" / f"{name}.json"), Skipped()))
        return tuple(assembler.traces())


Draw = Callable[[Drawing, str], None]
SIBLINGS: dict[str, tuple[Draw, Verdict]] = {}


def sibling(*expected: tuple[str, str, int]) -> Callable[[Draw], Draw]:
    """Let a function that draws into a request be judged."""

    def keep(draw: Draw) -> Draw:
        SIBLINGS[draw.__name__] = (draw, list(expected))
        return draw

    return keep


BY_ID = "SELECT name FROM cat WHERE id = ?"


def call(d: Drawing, parent: str, url: str, method: str = "GET", **more: object) -> str:
    attributes = {"http.request.method": method, "url.full": url}
    attributes |= {key.replace("__", "."): str(value) for key, value in more.items()}
    return d.span(parent, name=method, kind=SpanKind.CLIENT, attributes=attributes)


def db(
    d: Drawing, parent: str, system: str, name: str = "", *, failed: bool = False, **attributes: str
) -> str:
    plain = {key.replace("__", "."): value for key, value in attributes.items()}
    return d.span(
        parent,
        name=name or system,
        kind=SpanKind.CLIENT,
        attributes={"db.system": system, **plain},
        failed=failed,
    )


# --- retries


@sibling((N, "FROM cat", 12))
def a_404_in_each_round_hides_no_query(d: Drawing, request: str) -> None:
    for _ in range(12):
        d.span(
            request,
            name="GET",
            kind=SpanKind.CLIENT,
            attributes={"http.request.method": "GET", "url.full": "http://photos/latest"},
            failed=True,
        )
        d.sql(request, BY_ID)


@sibling((N, "FROM tag", 8))
def a_unique_key_that_is_taken_in_each_round_hides_no_query(d: Drawing, request: str) -> None:
    for _ in range(8):
        d.sql(request, "INSERT INTO tag (name) VALUES (?)", failed=True)
        d.sql(request, "SELECT id FROM tag WHERE name = ?")


def pymongo(d: Drawing, request: str, text: str) -> None:
    known = {"db.system": "mongodb", "db.name": "shop", "db.mongodb.collection": "cats"}
    d.span(
        request,
        name="shop.find",
        kind=SpanKind.CLIENT,
        attributes={**known, "db.statement": text},
    )


@sibling((SAME, "cats", 10))
def the_same_document_as_python_writes_it(d: Drawing, request: str) -> None:
    for _ in range(10):
        pymongo(d, request, "find {'name': 'Tom', 'alive': True, 'owner': None}")


@sibling((N, "cats", 10))
def other_documents_as_python_writes_them(d: Drawing, request: str) -> None:
    for number in range(10):
        pymongo(d, request, f"find {{'_id': ObjectId('64b7f0c2a1{number:014x}')}}")


def mongoose(d: Drawing, request: str) -> None:
    """Draw a library's span, and that of its driver: siblings, by clocks that round differently."""
    known = {"db.system": "mongodb", "db.name": "shop", "db.mongodb.collection": "cats"}
    operation = {**known, "db.operation": "findOne"}
    start = d._now
    d.span(
        request,
        name="mongoose.Cat.findOne",
        kind=SpanKind.CLIENT,
        attributes=operation,
        ms=4,
        start=start,
    )
    d.span(
        request,
        name="mongodb.find",
        kind=SpanKind.CLIENT,
        attributes={**known, "db.operation": "find", "db.statement": '{"_id":"?"}'},
        ms=3,
        start=start - 500_000,
    )


@sibling((N, "cats", 10))
def a_library_and_its_driver_tell_of_one_command(d: Drawing, request: str) -> None:
    d.span(request, name="middleware")
    for _ in range(10):
        mongoose(d, request)


@sibling()
def statements_that_travel_as_one_batch_are_one_round_trip(d: Drawing, request: str) -> None:
    attributes = {"db.system.name": "postgresql", "db.operation.batch.size": 10}
    batch = d.span(request, name="batch start", kind=SpanKind.CLIENT, attributes=attributes)
    d.many(batch, [BY_ID] * 10)


@sibling((N, "FROM cat", 10))
def statements_below_a_batch_of_one_are_a_loop(d: Drawing, request: str) -> None:
    for _ in range(10):
        attributes = {"db.system.name": "postgresql", "db.operation.batch.size": 1}
        batch = d.span(request, name="batch start", kind=SpanKind.CLIENT, attributes=attributes)
        d.sql(batch, BY_ID)


@sibling((N, "FROM cat", 20), (N, "FROM photo", 10))
def no_rows_that_count_as_an_error_hide_nothing(d: Drawing, request: str) -> None:
    for number in range(20):
        d.sql(request, BY_ID)
        d.sql(request, "SELECT url FROM photo WHERE cat_id = ?", failed=number % 2 == 1)


@sibling((N, "FROM cat", 120))
def a_request_that_timed_out_is_judged(d: Drawing, request: str) -> None:
    handler = d.span(d.span(request, name="middleware", failed=True), name="view", failed=True)
    d.many(handler, [BY_ID] * 120)


@sibling((N, "FROM cat", 40))
def two_attempts_that_loop_each_are_the_loop_of_one(d: Drawing, request: str) -> None:
    for failed in (True, True):
        d.many(d.span(request, name="attempt", failed=failed), [BY_ID] * 40)


@sibling()
def attempts_with_the_work_further_down_are_retries(d: Drawing, request: str) -> None:
    for attempt in range(7):
        tried = d.span(request, name="attempt", failed=attempt < 6)
        d.sql(d.span(tried, name="repository"), BY_ID)


@sibling()
def a_transaction_tried_again_until_it_succeeds_is_a_retry(d: Drawing, request: str) -> None:
    for attempt in range(6):
        d.sql(request, "SELECT stock FROM product WHERE id = ? FOR UPDATE")
        d.sql(request, "SELECT price FROM product WHERE id = ?")
        d.sql(request, "UPDATE product SET stock = ? WHERE id = ?", failed=attempt < 5)


@sibling()
def a_call_tried_again_is_a_retry(d: Drawing, request: str) -> None:
    for attempt in range(7):
        d.span(
            request,
            name="GET",
            kind=SpanKind.CLIENT,
            attributes={"http.request.method": "GET", "url.full": "http://users/users/7"},
            failed=attempt < 6,
        )


@sibling((N, "GET cat:?", 8), (N, "FROM cat", 8))
def rounds_that_fail_for_another_value_each_are_a_loop(d: Drawing, request: str) -> None:
    for number in range(8):
        tried = d.span(request, name="load", failed=True)
        db(d, tried, "redis", failed=True, db__statement=f"GET cat:{number}")
        d.sql(tried, BY_ID)


# --- lists


@sibling((N, "FROM cat", 6))
def a_list_of_one_bind_is_a_query(d: Drawing, request: str) -> None:
    d.many(request, ["SELECT id FROM cat WHERE owner_id IN (?)"] * 6)


@sibling((N, "FROM cat", 9))
def short_lists_that_grow_and_shrink_are_one_for_each_owner(d: Drawing, request: str) -> None:
    for size in (1, 2, 3, 1, 1, 4, 2, 1, 3):
        d.sql(request, f"SELECT id FROM cat WHERE id IN ({', '.join('?' * size)})")


@sibling((ROWS, "DELETE FROM cat", 7))
def deletes_of_lists_of_one_are_row_by_row(d: Drawing, request: str) -> None:
    d.many(request, ["DELETE FROM cat WHERE id IN ($1)"] * 7)


@sibling()
def full_chunks_and_a_rest_are_a_loader(d: Drawing, request: str) -> None:
    for size in (10, 10, 10, 10, 10, 3):
        d.sql(request, f"SELECT id FROM cat WHERE id IN ({', '.join('?' * size)})")


@sibling()
def long_lists_of_any_length_are_a_loader(d: Drawing, request: str) -> None:
    for size in (30, 12, 45, 7, 28, 31):
        d.sql(request, f"SELECT id FROM cat WHERE id IN ({', '.join('?' * size)})")


@sibling()
def an_array_of_unknown_length_is_a_loader(d: Drawing, request: str) -> None:
    d.many(request, ["SELECT id FROM cat WHERE id = ANY($1)"] * 6)


# --- what is around a statement


@sibling((N, "FROM cat", 6))
def a_search_path_before_the_query_is_not_the_query(d: Drawing, request: str) -> None:
    d.many(request, ["SET search_path TO tenant_7; SELECT name FROM cat WHERE id = $1"] * 6)


@sibling((N, "award(?)", 6))
def a_block_around_a_procedure_is_a_call_of_it(d: Drawing, request: str) -> None:
    d.many(request, ["BEGIN award(:1); END;"] * 6)


@sibling((N, "usp_getcat", 6))
def a_bare_procedure_name_is_a_call_of_it(d: Drawing, request: str) -> None:
    d.many(request, ["usp_GetCat"] * 6)


@sibling((N, "call get_cat(?)", 6))
def a_call_with_braces_is_a_call(d: Drawing, request: str) -> None:
    d.many(request, ["{call get_cat(?)}"] * 6)


@sibling((ROWS, "INSERT INTO cat", 6))
def a_transaction_in_one_text_is_what_it_writes(d: Drawing, request: str) -> None:
    d.many(request, ["BEGIN; INSERT INTO cat (name) VALUES (?); COMMIT;"] * 6)


@sibling((N, "FROM cat", 6))
def dynamic_sql_is_what_it_runs(d: Drawing, request: str) -> None:
    text = "exec sp_executesql N'SELECT name FROM cat WHERE id = @p0', N'@p0 int', @p0 = 1"
    d.many(request, [text] * 6)


@sibling()
def bulk_loads_are_batches(d: Drawing, request: str) -> None:
    d.many(request, ["COPY cat (name) FROM STDIN"] * 9)


@sibling()
def settings_alone_stay_silent(d: Drawing, request: str) -> None:
    d.many(request, ["SET NOCOUNT ON; SET XACT_ABORT ON;"] * 9)


# --- values


@sibling((N, "SELECT a.b", 6))
def a_text_cut_in_its_columns_has_unknown_values(d: Drawing, request: str) -> None:
    d.many(request, ["SELECT a.b, a.c, a.d"] * 6)


@sibling((N, "FROM cat", 6))
def a_text_with_a_mark_of_cutting_has_unknown_values(d: Drawing, request: str) -> None:
    d.many(request, ["SELECT a FROM cat WHERE kind = 'tom' AND ..."] * 6)


@sibling((SAME, "FROM setting", 6))
def comments_that_name_the_trace_do_not_make_values_differ(d: Drawing, request: str) -> None:
    texts = [f"SELECT a FROM setting WHERE id = 1 /*traceparent='00-{n:032x}'*/" for n in range(6)]
    d.many(request, texts)


@sibling((SAME, "FROM setting", 6))
def white_space_around_a_text_does_not_cut_it(d: Drawing, request: str) -> None:
    d.many(request, ["\n   SELECT name, value\n   FROM setting\n  "] * 6)


@sibling((N, "FROM cat", 12))
def parameters_that_differ_are_an_n_plus_one(d: Drawing, request: str) -> None:
    for number in range(12):
        d.sql(request, BY_ID, db__statement__parameters=f"({number},)")


@sibling((SAME, "FROM cat", 6))
def query_parameters_that_are_the_same_are_redundant(d: Drawing, request: str) -> None:
    for _ in range(6):
        d.sql(request, BY_ID, db__query__parameter__0="7")


# --- documents


@sibling()
def one_shape_in_six_collections_is_six_statements(d: Drawing, request: str) -> None:
    for name in ("a", "b", "c", "d", "e", "f"):
        db(d, request, "mongodb", db__statement='{"_id":"?"}', db__mongodb__collection=name)


@sibling((N, "find cats", 6))
def a_command_without_attributes_names_its_collection(d: Drawing, request: str) -> None:
    for _ in range(6):
        db(d, request, "mongodb", db__statement='{"find": "cats", "filter": {"_id": "?"}}')


@sibling((SAME, "find cats", 6))
def the_same_document_is_redundant(d: Drawing, request: str) -> None:
    for _ in range(6):
        db(d, request, "mongodb", db__statement='{"find": "cats", "filter": {"_id": 7}}')


@sibling((ROWS, "insert cats", 6))
def documents_inserted_one_by_one_are_row_by_row(d: Drawing, request: str) -> None:
    for _ in range(6):
        db(d, request, "mongodb", db__operation="insert", db__mongodb__collection="cats")


@sibling()
def a_cursor_of_documents_is_one_read(d: Drawing, request: str) -> None:
    for _ in range(20):
        db(d, request, "mongodb", db__operation="getMore", db__mongodb__collection="cats")


@sibling((N, "findOne users", 6))
def the_library_and_the_driver_tell_of_one_find(d: Drawing, request: str) -> None:
    for _ in range(6):
        outer = db(d, request, "mongoose", db__operation="findOne", db__mongodb__collection="users")
        db(
            d,
            outer,
            "mongodb",
            db__operation="findOne",
            db__mongodb__collection="users",
            db__statement='{"_id":"?"}',
        )


@sibling((N, "get cats", 6))
def documents_of_a_search_engine_one_by_one(d: Drawing, request: str) -> None:
    for number in range(6):
        outer = db(
            d,
            request,
            "elasticsearch",
            db__operation="get",
            db__elasticsearch__path_parts__index="cats",
            url__full=f"http://es:9200/cats/_doc/{number}",
        )
        call(d, outer, f"http://es:9200/cats/_doc/{number}")


@sibling()
def a_placeholder_for_six_statements_is_no_statement(d: Drawing, request: str) -> None:
    for name in ("a", "b", "c", "d", "e", "f"):
        db(d, request, "mysql", db__statement="[REDACTED]", db__query__summary=f"SELECT {name}")
        db(d, request, "mysql", db__statement="SELECT", db__operation="SELECT", db__sql__table=name)


@sibling((N, "SELECT cat", 6))
def a_placeholder_with_a_summary_is_its_summary(d: Drawing, request: str) -> None:
    for _ in range(6):
        db(d, request, "mysql", db__statement="?", db__query__summary="SELECT cat")


@sibling((N, "/cats/_doc/{id}", 6))
def a_search_engines_request_line_is_an_address(d: Drawing, request: str) -> None:
    for n in range(6):
        db(d, request, "elasticsearch", db__operation="GET", db__statement=f"GET /cats/_doc/{n}")


@sibling((N, "match(u : user { id : ? })", 6))
def a_query_of_a_graph_has_binds(d: Drawing, request: str) -> None:
    for _ in range(6):
        db(d, request, "neo4j", db__statement="MATCH (u:User {id: $id}) RETURN u")


# --- keys


@sibling((N, "GET cart:?", 9))
def keys_with_a_prefix_are_one_group(d: Drawing, request: str) -> None:
    for number in range(9):
        db(d, request, "redis", db__statement=f"GET cart:{number * 7919:x}:items")


@sibling((N, "GET ?", 9))
def keys_that_were_sanitised_are_one_group(d: Drawing, request: str) -> None:
    for _ in range(9):
        db(d, request, "redis", db__statement="GET ?")


@sibling((SAME, "GET config:?", 9))
def one_key_again_and_again_is_redundant(d: Drawing, request: str) -> None:
    for _ in range(9):
        db(d, request, "redis", db__statement="GET config:theme")


@sibling((N, "GET cat:?", 8), (N, "FROM cat", 8), (N, "SET cat:?", 8))
def a_cache_around_a_query_is_told_one_by_one(d: Drawing, request: str) -> None:
    for number in range(8):
        db(d, request, "redis", db__statement=f"GET cat:{number}")
        d.sql(request, BY_ID)
        db(d, request, "redis", db__statement=f"SET cat:{number} ?")


@sibling()
def many_keys_at_once_are_no_fault(d: Drawing, request: str) -> None:
    for number in range(9):
        db(d, request, "redis", db__statement=f"MGET a:{number} b:{number}")
        db(d, request, "redis", db__statement=f"GET a:{number}\nGET b:{number}")


@sibling()
def waiting_for_a_key_is_no_fault(d: Drawing, request: str) -> None:
    for _ in range(9):
        db(d, request, "redis", db__statement="BRPOP jobs 5")


# --- without a text


@sibling((N, "SELECT cat", 6))
def operation_and_table_name_a_statement(d: Drawing, request: str) -> None:
    for _ in range(6):
        db(d, request, "mysql", db__operation="SELECT", db__sql__table="cat")


@sibling((ROWS, "INSERT cat", 6))
def a_summary_tells_a_write(d: Drawing, request: str) -> None:
    for _ in range(6):
        db(d, request, "mysql", db__query__summary="INSERT cat")


@sibling()
def summaries_of_transactions_stay_silent(d: Drawing, request: str) -> None:
    for _ in range(6):
        db(d, request, "mysql", db__query__summary="BEGIN")
        db(d, request, "mysql", name="connect")


# --- one execution, several spans


@sibling((N, "FROM cat", 6))
def prepare_execute_and_rows_are_one_execution(d: Drawing, request: str) -> None:
    for _ in range(6):
        for name in ("sql.conn.prepare", "sql.stmt.query", "sql.rows"):
            db(d, request, "postgresql", name, db__statement=BY_ID)


@sibling((N, "FROM cat", 6))
def a_statement_that_is_only_prepared_was_executed(d: Drawing, request: str) -> None:
    for _ in range(6):
        db(d, request, "mysql", "PDO::prepare", db__statement=BY_ID)
        db(d, request, "mysql", "PDOStatement::execute")


@sibling((N, "FROM cat", 6))
def names_of_other_drivers_tell_prepare_and_fetch(d: Drawing, request: str) -> None:
    for _ in range(6):
        for name in ("prepare SELECT", "query SELECT", "sql:rows_next", "Result::fetchAssociative"):
            db(d, request, "postgresql", name, db__statement=BY_ID)


@sibling()
def library_and_driver_side_by_side_are_one_execution(d: Drawing, request: str) -> None:
    for number in range(4):
        start = 2_000_000_000_000_000 + number * 10_000_000
        common = {"db.system": "postgresql", "db.statement": BY_ID}
        for name, ms, late in (("SELECT demo", 3, 0), ("SELECT", 1, 1_000_000)):
            d.span(
                request,
                name=name,
                kind=SpanKind.CLIENT,
                attributes=common,
                ms=ms,
                start=start + late,
            )


@sibling()
def fetches_of_one_cursor_are_one_read(d: Drawing, request: str) -> None:
    d.sql(request, "DECLARE c CURSOR FOR SELECT id FROM cat")
    d.many(request, ["FETCH FORWARD 100 FROM c"] * 12)


# --- pages


@sibling()
def pages_by_offset_are_one_read(d: Drawing, request: str) -> None:
    for number in range(8):
        d.sql(request, f"SELECT id FROM cat ORDER BY id LIMIT 500 OFFSET {number * 500}")


@sibling()
def pages_by_row_value_are_one_read(d: Drawing, request: str) -> None:
    text = "SELECT id FROM cat WHERE (born, id) > (?, ?) ORDER BY born, id FETCH FIRST ? ROWS ONLY"
    d.many(request, [text] * 8)


@sibling()
def pages_of_one_tenant_are_one_read(d: Drawing, request: str) -> None:
    for n in range(8):
        d.sql(request, f"SELECT a FROM cat WHERE t = ? ORDER BY id LIMIT 50 OFFSET {n * 50}")
        d.sql(request, "SELECT id FROM dog WHERE t = ? AND id > ? ORDER BY id LIMIT ?")


@sibling((N, "FROM visit", 8))
def visits_since_a_day_of_each_owner_are_no_page(d: Drawing, request: str) -> None:
    text = "SELECT a FROM visit WHERE owner_id = ? AND start > ? ORDER BY start LIMIT ?"
    d.many(request, [text] * 8)


@sibling((N, "FROM visit", 8))
def the_newest_rows_of_each_owner_are_no_page(d: Drawing, request: str) -> None:
    d.many(request, ["SELECT id FROM visit WHERE cat_id = ? ORDER BY start DESC LIMIT 3"] * 8)


@sibling((N, "FROM visit", 8))
def the_next_row_of_each_is_no_page(d: Drawing, request: str) -> None:
    d.many(request, ["SELECT id FROM visit WHERE start > ? ORDER BY start LIMIT 1"] * 8)


@sibling((N, "FROM visit", 8))
def a_cursor_for_each_owner_is_a_query_for_each(d: Drawing, request: str) -> None:
    for number in range(8):
        d.sql(request, f"DECLARE c_{number} CURSOR FOR SELECT id FROM visit WHERE owner_id = $1")
        d.sql(request, f"FETCH ALL FROM c_{number}")


# --- sequences, and what a framework sends


@sibling((N, "nextval", 8))
def numbers_of_a_sequence_alone_are_asked_one_by_one(d: Drawing, request: str) -> None:
    d.many(request, ["SELECT nextval('cat_seq')"] * 8)


@sibling((ROWS, "INSERT INTO cat", 8))
def a_sequence_in_another_dialect(d: Drawing, request: str) -> None:
    text = "insert into cat (name, id) values (?, ?)"
    d.many(request, ["select next value for cat_seq", text] * 8)


@sibling((ROWS, "INSERT INTO cat", 8))
def the_key_of_the_last_row_belongs_to_its_insert(d: Drawing, request: str) -> None:
    d.many(request, ["INSERT INTO cat (name) VALUES (?)", "SELECT LAST_INSERT_ID()"] * 8)


@sibling()
def what_a_framework_asks_for_itself_stays_silent(d: Drawing, request: str) -> None:
    own = (
        "SELECT QUOTE(?)",
        "SELECT QUOTE(?), QUOTE(?)",
        "SELECT 1",
        "SELECT oid FROM pg_type WHERE typname = $1",
    )
    d.many(request, [*own, "SELECT version()", "SELECT now()", "DESCRIBE cat"] * 8)


# --- time


@sibling()
def a_websocket_that_is_open_for_an_hour_is_no_loop(d: Drawing, request: str) -> None:
    now = 3_000_000_000_000_000_000
    for pause_s in (7, 31, 4, 90, 12, 55, 3, 240):
        now += pause_s * 1_000_000_000
        d.sql(request, BY_ID, start=now)


@sibling()
def a_look_each_second_or_so_is_no_loop(d: Drawing, request: str) -> None:
    now = 3_000_000_000_000_000_000
    for number in range(30):
        now += 1_000_000_000 + (number * 7919 % 40 - 20) * 10_000_000
        d.sql(request, "SELECT id FROM job WHERE state = 'q' LIMIT 1", start=now)
        if number % 4 == 0:
            d.sql(request, "UPDATE job SET state = ? WHERE id = ?", start=now + 3_000_000, ms=200)


@sibling((N, "FROM cat", 8))
def a_loop_in_one_message_of_a_websocket_is_one(d: Drawing, request: str) -> None:
    now = 3_000_000_000_000_000_000
    for repeats in (1, 1, 8, 1):
        now += 60_000_000_000
        for number in range(repeats):
            d.sql(request, BY_ID, start=now + number * 1_100_000)


@sibling()
def a_look_each_quarter_of_a_second_is_no_loop(d: Drawing, request: str) -> None:
    for number in range(30):
        d.sql(request, "SELECT 2 FROM job WHERE ready", start=10**18 + number * 250_000_000)


@sibling((N, "FROM cat", 30))
def an_overloaded_service_is_judged(d: Drawing, request: str) -> None:
    for number in range(30):
        d.sql(request, BY_ID, start=10**18 + number * 400_000_000 + number % 7 * 90_000_000)


# --- groups


@sibling((N, "FROM tenant_?.cat", 12))
def one_query_for_each_tenant_is_a_fan_out(d: Drawing, request: str) -> None:
    d.many(request, [f"SELECT name FROM tenant_{n}.cat WHERE id = ?" for n in range(12)])


@sibling((N, "FROM *.cat", 6))
def one_query_for_each_named_schema_is_a_fan_out(d: Drawing, request: str) -> None:
    names = ("acme", "globex", "initech", "hooli", "umbrella", "stark")
    d.many(request, [f"SELECT name FROM {name}.cat WHERE id = ?" for name in names])


@sibling((N, "FROM orders_?_?", 6))
def one_query_for_each_month_is_a_fan_out(d: Drawing, request: str) -> None:
    d.many(request, [f"SELECT id FROM orders_2024_{n:02} WHERE id = ?" for n in range(1, 7)])


@sibling()
def tables_that_differ_in_more_than_a_number_are_none(d: Drawing, request: str) -> None:
    d.many(request, [f"SELECT a{n} FROM {name}" for n, name in enumerate(("a", "b", "c", "d"))])


@sibling((N, "FROM post", 9))
def a_polymorphic_relationship_is_one_load(d: Drawing, request: str) -> None:
    d.sql(request, "SELECT id, about_type, about_id FROM comment")
    for table in ("post", "photo", "post", "video", "photo", "video", "post", "photo", "video"):
        d.sql(request, f"SELECT {table}.* FROM {table} WHERE {table}.id = ? LIMIT ?")


@sibling((N, "FROM post", 6))
def a_polymorphic_relationship_with_aliases_is_one_load(d: Drawing, request: str) -> None:
    for table in ("post", "photo", "post", "photo", "post", "photo"):
        d.sql(request, f"select a1_0.id from {table} a1_0 where a1_0.id=?")


@sibling((N, "search logs-?.?", 6))
def one_search_for_each_month_is_a_fan_out(d: Drawing, request: str) -> None:
    for month in range(1, 7):
        index = f"logs-2024.{month:02}"
        db(
            d,
            request,
            "elasticsearch",
            db__operation="search",
            db__elasticsearch__path_parts__index=index,
        )


@sibling()
def five_things_that_a_page_needs_are_no_polymorphic_load(d: Drawing, request: str) -> None:
    for table in ("account", "plan", "theme", "locale", "team"):
        d.sql(request, f"SELECT name FROM {table} WHERE id = ?")


# --- calls


@sibling((N, "POST mail:80 /send", 6))
def posts_to_one_address_have_unknown_values(d: Drawing, request: str) -> None:
    for _ in range(6):
        call(d, request, "http://mail:80/send", "POST")


@sibling((N, "DELETE users /users/{id}", 6))
def deletes_of_an_api_are_calls(d: Drawing, request: str) -> None:
    for number in range(6):
        call(d, request, f"http://users/users/{number}", "DELETE")


@sibling((N, "publish apply_async/mail", 6))
def tasks_that_are_sent_one_by_one_are_messages(d: Drawing, request: str) -> None:
    for _ in range(6):
        d.span(
            request,
            name="apply_async/mail",
            kind=SpanKind.PRODUCER,
            attributes={"messaging.destination": "celery"},
        )


@sibling((SAME, "GET rates /today", 6))
def one_address_again_and_again_is_redundant(d: Drawing, request: str) -> None:
    for _ in range(6):
        call(d, request, "http://rates/today")


@sibling()
def many_addresses_are_no_loop(d: Drawing, request: str) -> None:
    for path in ("users", "orders", "cart", "news", "prices", "ads"):
        call(d, request, f"http://api/v2/{path}?fields=1")


@sibling()
def pages_of_an_api_are_one_read(d: Drawing, request: str) -> None:
    for number in range(9):
        call(d, request, f"http://users/users?page={number}&per_page=100")


@sibling()
def lists_of_ids_in_an_address_are_a_batch(d: Drawing, request: str) -> None:
    for number in range(9):
        ids = ",".join(str(number * 50 + n) for n in range(50))
        call(d, request, f"http://users/users?ids={ids}")


@sibling((N, "grpc users:50051 shop.Users/GetUser", 6))
def calls_by_grpc_are_an_n_plus_one(d: Drawing, request: str) -> None:
    attributes: dict[str, object] = {"rpc.system": "grpc", "rpc.service": "shop.Users"}
    attributes |= {"rpc.method": "GetUser", "server.address": "users", "server.port": 50051}
    for _ in range(6):
        d.span(request, name="shop.Users/GetUser", kind=SpanKind.CLIENT, attributes=attributes)


@sibling()
def what_carries_a_database_call_is_no_call_of_its_own(d: Drawing, request: str) -> None:
    for _ in range(6):
        outer = db(d, request, "dynamodb", "DynamoDB.GetItem", db__operation="GetItem")
        call(d, outer, "https://dynamodb.amazonaws.com/", "POST")


@sibling((N, "publish kafka orders", 6))
def messages_one_by_one_are_an_n_plus_one(d: Drawing, request: str) -> None:
    attributes = {"messaging.system": "kafka", "messaging.destination.name": "orders"}
    for _ in range(6):
        d.span(request, name="orders publish", kind=SpanKind.PRODUCER, attributes=attributes)


@sibling()
def messages_that_are_received_are_no_loop(d: Drawing, request: str) -> None:
    attributes = {"messaging.system": "kafka", "messaging.destination.name": "orders"}
    for _ in range(9):
        d.span(
            request,
            name="orders receive",
            kind=SpanKind.CLIENT,
            attributes=attributes | {"messaging.operation.type": "receive"},
        )


@sibling()
def spans_on_their_way_to_the_collector_are_no_loop(d: Drawing, request: str) -> None:
    for _ in range(9):
        call(d, request, "http://collector:4318/v1/traces", "POST")


# --- folded spans


@sibling((N, "FROM cat", 50))
def a_pruned_span_counts_as_what_it_stands_for(d: Drawing, request: str) -> None:
    d.sql(request, BY_ID, aggregation__span_count=50)


@sibling((N, "FROM cat", 31))
def a_composite_span_counts_as_what_it_stands_for(d: Drawing, request: str) -> None:
    d.sql(request, BY_ID, composite__count=30, composite__sum=90.0)
    d.sql(request, BY_ID)


@sibling()
def a_composite_span_of_few_stays_silent(d: Drawing, request: str) -> None:
    d.sql(request, BY_ID, composite__count=4, composite__sum=9.0)


def drawn(name: str) -> Trace:
    """Draw the trace of a sibling."""
    d = Drawing()
    SIBLINGS[name][0](d, d.server())
    return d.trace()
