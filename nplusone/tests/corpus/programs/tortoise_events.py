"""Run Tortoise on PostgreSQL, with Tortoise's own instrumentation."""

import asyncio
import os

from opentelemetry.instrumentation.tortoiseorm import TortoiseORMInstrumentor
from tortoise import Tortoise, fields
from tortoise.models import Model

from nplusone.tests.corpus.recording import Recorder

_TEAMS = 8


class Team(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)
    players: fields.ReverseRelation["Player"]


class Player(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)
    team: fields.ForeignKeyRelation[Team] = fields.ForeignKeyField("models.Team", "players")


async def _run(recorder: Recorder, url: str) -> None:
    TortoiseORMInstrumentor().instrument(tracer_provider=recorder.provider)
    await Tortoise.init(
        db_url=url.replace("postgresql://", "asyncpg://"), modules={"models": [__name__]}
    )
    await Tortoise.generate_schemas()
    for number in range(_TEAMS):
        team = await Team.create(name=f"team {number}")
        await Player.create(name=f"player {number}", team=team)
    await _reads(recorder)
    await _writes(recorder)
    await Tortoise.close_connections()


async def _reads(recorder: Recorder) -> None:
    with recorder.request("tortoise_foreign_key", "/players"):
        for player in await Player.all():
            await player.team
    with recorder.request("tortoise_fetch_related", "/teams"):
        for team in await Team.all():
            await team.fetch_related("players")
    with recorder.request("tortoise_gather", "/teams"):
        teams = await Team.all()
        await asyncio.gather(*(team.players.all() for team in teams))
    with recorder.request("tortoise_prefetch", "/teams"):
        await Team.all().prefetch_related("players")
    with recorder.request("tortoise_select_related", "/players"):
        await Player.all().select_related("team")
    with recorder.request("tortoise_two_teams", "/teams"):
        for team in await Team.all().limit(2):
            await team.players.all()


async def _writes(recorder: Recorder) -> None:
    with recorder.request("tortoise_create_each", "/import"):
        for number in range(6):
            await Player.create(name=f"new {number}", team_id=1)
    with recorder.request("tortoise_bulk_create", "/import"):
        await Player.bulk_create([Player(name=f"new {n}", team_id=1) for n in range(6)])


def main() -> None:
    """Record all cases of this program."""
    recorder = Recorder("events")
    asyncio.run(_run(recorder, os.environ["DATABASE_URL"]))


if __name__ == "__main__":
    main()
