"""Run asyncpg alone, with its instrumentation: statements, prepared ones, cursors."""

import asyncio
import os

import asyncpg
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor

from nplusone.tests.corpus.recording import Recorder

_BY_ID = "SELECT name FROM kitten WHERE id = $1"


async def _run(recorder: Recorder, url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kitten (id serial PRIMARY KEY, name text)")
    await connection.execute(
        "INSERT INTO kitten (name) SELECT 'kitten ' || n FROM generate_series(1, 900) AS n"
    )
    with recorder.request("asyncpg_loop", "/cats"):
        for number in range(1, 11):
            await connection.fetchval(_BY_ID, number)
    with recorder.request("asyncpg_same_id", "/cats"):
        for _ in range(6):
            await connection.fetchval("SELECT count(*) FROM kitten")
    with recorder.request("asyncpg_three", "/cats"):
        for number in range(1, 4):
            await connection.fetchval(_BY_ID, number)
    with recorder.request("asyncpg_any", "/cats"):
        await connection.fetch("SELECT name FROM kitten WHERE id = ANY($1)", list(range(1, 11)))
    with recorder.request("asyncpg_any_chunks", "/cats"):
        for start in range(0, 900, 150):
            ids = list(range(start, start + 150))
            await connection.fetch("SELECT name FROM kitten WHERE id = ANY($1)", ids)
    with recorder.request("asyncpg_cursor", "/export"):
        async with connection.transaction():
            async for _ in connection.cursor("SELECT id, name FROM kitten LIMIT 30", prefetch=5):
                pass
    with recorder.request("asyncpg_insert_each", "/import"):
        for number in range(6):
            await connection.execute("INSERT INTO kitten (name) VALUES ($1)", f"new {number}")
    with recorder.request("asyncpg_executemany", "/import"):
        names = [(f"new {number}",) for number in range(60)]
        await connection.executemany("INSERT INTO kitten (name) VALUES ($1)", names)
    with recorder.request("asyncpg_poll", "/wait"):
        for _ in range(6):
            await connection.fetchval("SELECT count(*) FROM kitten WHERE name = 'ready'")
            await asyncio.sleep(1)
    await connection.close()


def main() -> None:
    """Record all cases of this program."""
    recorder = Recorder("asyncpg-cats")
    AsyncPGInstrumentor().instrument(tracer_provider=recorder.provider)
    asyncio.run(_run(recorder, os.environ["DATABASE_URL"]))


if __name__ == "__main__":
    main()
