"""Say what to do about a repeated statement, in the words of each library.

    by_key     each row is read by its key              SELECT … FROM cat WHERE cat.id = ?
    by_owner   the rows of each owner are read          SELECT … FROM cat WHERE cat.owner_id = ?
    linked     the same over a table of links           … FROM tag, post_tag WHERE …
    counted    each owner's rows are counted or summed  SELECT count(*) FROM cat WHERE …
    inserted, updated   rows are written one by one

{table} and {column} are those of the statement; PLAIN is for everybody else.
"""

from typing import NamedTuple


class Words(NamedTuple):
    """Hold the advice of one library."""

    by_key: str
    by_owner: str
    linked: str
    counted: str
    inserted: str
    updated: str


PLAIN = Words(
    by_key="join {table} into the query before, or ask for all of them in one query with IN (…).",
    by_owner="ask for all of them in one query with {table}.{column} IN (…), or join them into the"
    " query before.",
    linked="join {table} and {link} in one query with {link}.{column} IN (…).",
    counted="ask once: SELECT {column}, {function} … WHERE {column} IN (…) GROUP BY {column}.",
    inserted="one INSERT with many rows, or the driver's executemany or batch.",
    updated="one UPDATE with a WHERE for all of them, or the driver's executemany or batch.",
)
WORDS = {
    "sqlalchemy": Words(
        by_key="join {table} into the query before, or load the relationship with joinedload() or"
        " selectinload().",
        by_owner="load them with their parents, by selectinload() of the relationship or one query"
        " with {table}.{column} IN (…).",
        linked="declare relationship(secondary={link}) if there is none, and load it with"
        " selectinload().",
        counted="ask once: select({table}.{column}, func.{function}).group_by({table}.{column}), or"
        " join that as a subquery.",
        inserted="session.execute(insert({table}), rows), or add_all() and one flush()",
        updated="session.execute(update(…), rows), or one UPDATE with a WHERE for all of them",
    ),
    "django": Words(
        by_key='follow the foreign key in the query before, select_related("…"), or read all with'
        " in_bulk(ids); from Django 6.1 on, fetch_mode(FETCH_PEERS) does it for all of a query.",
        by_owner='load them with their parents: prefetch_related("…"), with Prefetch(queryset=…)'
        " where they are filtered or ordered: a filter() in the loop asks again.",
        linked='load the ManyToManyField with the parents: prefetch_related("…").',
        counted='ask with the parents: annotate({function_name}("…")), or once for all:'
        ' .values("{column}").annotate(…).',
        inserted="{table}: objects.bulk_create(rows)",
        updated="objects.bulk_update(rows, fields), or one filter(…).update(…) with F()",
    ),
    "hibernate": Words(
        by_key="JOIN FETCH it in the query before, or an entity graph; @BatchSize or"
        " hibernate.default_batch_fetch_size where the query is not yours.",
        by_owner="JOIN FETCH the collection in the query of the parents, or @Fetch(SUBSELECT) or"
        " @BatchSize on it.",
        linked="JOIN FETCH the @ManyToMany collection in the query of the parents, or @BatchSize on"
        " it.",
        counted="one query with GROUP BY: select c.owner.id, {function} … group by c.owner.id.",
        inserted="hibernate.jdbc.batch_size with hibernate.order_inserts, and keys of a sequence:"
        " IDENTITY turns batches off",
        updated="hibernate.jdbc.batch_size with hibernate.order_updates, or one UPDATE query",
    ),
    "spring_data": Words(
        by_key="@EntityGraph(attributePaths = …) on the repository's method or JOIN FETCH in its"
        " @Query; findAllById(ids) in place of findById in a loop.",
        by_owner="@EntityGraph(attributePaths = …) on the method that reads the parents, or a"
        " method findBy…In(ids).",
        linked="@EntityGraph(attributePaths = …) with the @ManyToMany on the method that reads the"
        " owners.",
        counted="one @Query with GROUP BY, or a projection that has the number.",
        inserted="saveAll(rows) with hibernate.jdbc.batch_size, and keys of a sequence",
        updated="one @Modifying @Query, or hibernate.jdbc.batch_size",
    ),
    "efcore": Words(
        by_key=".Include(x => …) in the query before, or .Where(x => ids.Contains(x.Id)).",
        by_owner=".Include(x => …) of the collection in the query of the parents, with"
        " AsSplitQuery() where rows would multiply.",
        linked=".Include(x => …) of the many-to-many collection in the query of the parents.",
        counted="project it with the parents: .Select(x => new {{ x, Count = x.….Count() }}), or"
        " GroupBy once.",
        inserted="AddRange(rows) and one SaveChanges()",
        updated="one SaveChanges() after the loop, or ExecuteUpdate()",
    ),
    "activerecord": Words(
        by_key="includes(:…) or preload(:…) in the query before; where(id: ids).index_by(&:id) in"
        " place of find in a loop.",
        by_owner="includes(:…) of the association in the query of the parents: a where() in the"
        " loop asks again.",
        linked="includes(:…) of the has_many through: or has_and_belongs_to_many association.",
        counted="one .group(:{column}).{function_name}, or a counter_cache.",
        inserted="{table}: insert_all(rows)",
        updated="update_all, or upsert_all(rows)",
    ),
    "prisma": Words(
        by_key="include: {{ … }} in the query before, or findMany with id: {{ in: ids }}.",
        by_owner="include: {{ … }} in the query of the parents, or findMany with"
        " {column}: {{ in: ids }}.",
        linked="include: {{ … }} of the many-to-many relation in the query of the parents.",
        counted="include: {{ _count: … }}, or groupBy({{ by: ['{column}'] }}).",
        inserted="createMany({{ data: rows }})",
        updated="updateMany, or one $transaction",
    ),
    "gorm": Words(
        by_key='Preload("…") or Joins("…") in the query before, or Find(&rows, ids).',
        by_owner='Preload("…") in the query of the parents, or Where("{column} IN ?", ids).',
        linked='Preload("…") of the many2many association in the query of the parents.',
        counted='one Select("{column}, {function}").Group("{column}").',
        inserted="CreateInBatches(rows, 100), or Create(&rows)",
        updated="one Where(…).Updates(…)",
    ),
    "ent": Words(
        by_key="With…() of the edge in the query before, or Where(….IDIn(ids...)).",
        by_owner="With…() of the edge in the query of the parents.",
        linked="With…() of the edge in the query of the parents.",
        counted="one GroupBy(…).Aggregate(ent.Count()).",
        inserted="CreateBulk(…)",
        updated="one Update().Where(…)",
    ),
    "doctrine": Words(
        by_key="a fetch join in the query before (leftJoin and addSelect), or"
        " findBy(['id' => $ids]).",
        by_owner="a fetch join of the collection in the query of the parents (leftJoin and"
        " addSelect).",
        linked="a fetch join of the ManyToMany collection in the query of the parents.",
        counted="one DQL query with GROUP BY; EXTRA_LAZY counts each collection by itself.",
        inserted="flush() once after the loop; DBAL's insert with many rows for many",
        updated="one DQL UPDATE, or flush() once after the loop",
    ),
    "eloquent": Words(
        by_key="with('…') in the query before, or whereIn('id', $ids).",
        by_owner="with('…') in the query of the parents.",
        linked="with('…') of the belongsToMany relation in the query of the parents.",
        counted="withCount('…') in the query of the parents.",
        inserted="insert($rows)",
        updated="one update() with whereIn, or upsert($rows)",
    ),
    "sequelize": Words(
        by_key="include: [Model] in the query before, or findAll({{ where: {{ id: ids }} }}).",
        by_owner="include: [Model] in the query of the parents, with separate: true where rows"
        " would multiply.",
        linked="include: [Model] with through: in the query of the parents.",
        counted="one count({{ group: ['{column}'] }}).",
        inserted="bulkCreate(rows)",
        updated="one update() with a where for all of them",
    ),
    "typeorm": Words(
        by_key="relations: {{ … }} or leftJoinAndSelect() in the query before, or"
        " findBy({{ id: In(ids) }}).",
        by_owner="relations: {{ … }} or leftJoinAndSelect() in the query of the parents.",
        linked="relations: {{ … }} of the many-to-many in the query of the parents.",
        counted="one query builder with groupBy(), or loadRelationCountAndMap().",
        inserted="insert(rows), or save(rows) with chunk",
        updated="one update() with In(ids)",
    ),
    "knex": Words(
        by_key="join() it into the query before, or whereIn('id', ids).",
        by_owner="one whereIn('{column}', ids).",
        linked="one join() of {link} with whereIn('{column}', ids).",
        counted="one groupBy('{column}').count().",
        inserted="insert(rows), or batchInsert()",
        updated="one update() with whereIn()",
    ),
    "tortoise": Words(
        by_key='select_related("…") in the query before, or in_bulk(ids, "id").',
        by_owner='prefetch_related("…") in the query of the parents.',
        linked='prefetch_related("…") of the ManyToManyField in the query of the parents.',
        counted='annotate(n=Count("…")) in the query of the parents.',
        inserted="bulk_create(rows)",
        updated="bulk_update(rows, fields)",
    ),
    "peewee": Words(
        by_key="select() both models and join() them in the query before.",
        by_owner="prefetch(owners, {table}), or one where(….in_(ids)).",
        linked="prefetch(owners, {link}, {table}).",
        counted="one group_by() with fn.COUNT().",
        inserted="insert_many(rows)",
        updated="bulk_update(rows, fields)",
    ),
}
NOSQL = {
    "redis": "MGET, HMGET, or a pipeline",
    "valkey": "MGET, HMGET, or a pipeline",
    "memcached": "one get of several keys (get_multi)",
    "mongodb": "one find with $in, or $lookup in an aggregation",
    "elasticsearch": "_mget, _msearch or a terms query",
    "opensearch": "_mget, _msearch or a terms query",
    "dynamodb": "BatchGetItem",
    "aws.dynamodb": "BatchGetItem",
    "cassandra": "one query with IN on the partition, or concurrent ones",
    "couchbase": "a multi-get, or one query with IN",
}
