"""Label the SQLAlchemy programs and Django on SQLite."""

from nplusone.tests.corpus.label import N_PLUS_ONE, NESTED, REDUNDANT, ROW_BY_ROW, Case, Fault, one

_CATS = Fault(N_PLUS_ONE, ("SELECT cat",))

SQLALCHEMY = (
    # --- the clinic's strategies, at a clinic with three veterinarians
    Case("clinic", "clinic_naive", "the page as launched: a query for each cat", (_CATS,)),
    Case("clinic", "clinic_identity_map", "the same loops with Session.get", (_CATS,)),
    Case("clinic", "clinic_lazy", "the same loops over lazy relationships", (_CATS,)),
    Case("clinic", "clinic_selectin", "selectinload"),
    Case("clinic", "clinic_subquery", "subqueryload"),
    Case("clinic", "clinic_joined", "joinedload"),
    Case("clinic", "clinic_batched", "a query for each of the three veterinarians"),
    Case("clinic", "clinic_distinct", "one statement with DISTINCT"),
    Case("clinic", "clinic_exists", "one statement with EXISTS"),
    Case("clinic", "clinic_in_subquery", "one statement with IN (SELECT …)"),
    Case("clinic", "clinic_core", "one Core statement"),
    # --- SQLAlchemy ORM, stable semantic conventions
    Case(
        "orm", "orm_many_to_one", "order.customer of 12 orders", one(N_PLUS_ONE, "SELECT customer")
    ),
    Case(
        "orm",
        "orm_in_serializers",
        "order.lines, each in an INTERNAL span of its own",
        one(N_PLUS_ONE, "SELECT line"),
    ),
    Case(
        "orm",
        "orm_between_spans",
        "order.customer between render spans and other statements",
        one(N_PLUS_ONE, "SELECT customer"),
    ),
    Case(
        "orm",
        "orm_over_network",
        "order.customer with 12 ms for each statement, as over a network",
        one(N_PLUS_ONE, "SELECT customer"),
    ),
    Case(
        "orm",
        "orm_nested",
        "order.customer and order.lines for 8 orders",
        one(NESTED, "SELECT customer", "SELECT line"),
    ),
    Case(
        "orm",
        "orm_redundant",
        "all settings read anew by each of 7 templates",
        one(REDUNDANT, "SELECT setting"),
    ),
    Case("orm", "orm_insert_rows", "add() and flush() 6 times", one(ROW_BY_ROW, "INSERT line")),
    Case(
        "orm",
        "orm_add_all",
        "add_all() of 50 lines with keys of the database: on SQLite, SQLAlchemy sends each alone",
        one(ROW_BY_ROW, "INSERT line"),
    ),
    Case(
        "orm",
        "orm_missing_root",
        "order.customer for 12 orders; the process died before its root was sent",
        one(N_PLUS_ONE, "SELECT customer"),
        incomplete=True,
    ),
    Case("orm", "orm_joined", "joinedload of customers"),
    Case("orm", "orm_selectin", "selectinload of lines"),
    Case(
        "orm", "orm_chunks", "selectinload of the lines of 2,600 orders: 500 a chunk", chunked=True
    ),
    Case(
        "orm",
        "orm_chunks_over_network",
        "the same with 12 ms for each statement",
        chunked=True,
    ),
    Case("orm", "orm_insert_batch", "add_all() of 100 lines with their keys and one flush()"),
    Case("orm", "orm_insert_batches", "2,000 lines in INSERTs of 300 rows", chunked=True),
    Case("orm", "orm_four_repeats", "order.customer for four orders"),
    Case("orm", "orm_mixed", "twelve different statements"),
    Case("orm", "orm_siblings", "a page that sends ten requests of one statement each"),
    Case("orm", "orm_retries", "an UPDATE that meets a locked database six times"),
    Case("orm", "orm_health", "a health check that pings the database six times"),
    Case("orm", "orm_connects", "ten sessions, each with a connect span and another statement"),
    # --- SQLAlchemy Core, old semantic conventions
    Case("core", "core_loop", "a SELECT for each of 9 ids", one(N_PLUS_ONE, "SELECT customer")),
    Case(
        "core",
        "core_literals",
        "the same with the ids in the text",
        one(N_PLUS_ONE, "SELECT customer"),
    ),
    Case(
        "core",
        "core_same_literal",
        "one id, asked for eight times",
        one(REDUNDANT, "SELECT customer"),
    ),
    Case("core", "core_update_rows", "an UPDATE for each row", one(ROW_BY_ROW, "UPDATE customer")),
    Case("core", "core_delete_rows", "a DELETE for each row", one(ROW_BY_ROW, "DELETE customer")),
    Case("core", "core_executemany", "one UPDATE with many parameters"),
    Case("core", "core_join", "one statement that joins"),
    # --- Django with its own and sqlite3's instrumentation
    Case(
        "django_books",
        "django_foreign_key",
        "book.author in a template for 10 books",
        one(N_PLUS_ONE, "SELECT author"),
    ),
    Case(
        "django_books",
        "django_nested",
        "book.author and book.publisher",
        one(NESTED, "SELECT author", "SELECT publisher"),
    ),
    Case(
        "django_books", "django_create", "create() for each row", one(ROW_BY_ROW, "INSERT author")
    ),
    Case("django_books", "django_select_related", "select_related"),
    Case("django_books", "django_prefetch", "prefetch_related"),
    Case("django_books", "django_bulk_create", "bulk_create"),
    # --- asyncio
    Case(
        "async_orm",
        "async_gather",
        "a session for each id, at the same time, 5 ms each",
        one(N_PLUS_ONE, "SELECT customer", overlapping=True),
    ),
    Case(
        "async_orm",
        "async_loop",
        "await for each id, one after the other",
        one(N_PLUS_ONE, "SELECT customer"),
    ),
    Case("async_orm", "async_one", "one statement with IN (…)"),
)
