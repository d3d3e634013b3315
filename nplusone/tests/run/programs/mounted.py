"""Mount an application in a FastAPI application, whose spans end before the inner ones."""

import json
from collections.abc import AsyncIterator

from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse
from library import Shelf, engine  # type: ignore[import-not-found]  # its own folder
from sqlalchemy import select
from sqlalchemy.orm import Session

api = FastAPI()
app = FastAPI()
app.mount("/api", api)


@api.get("/shelves")
def shelves() -> dict[str, int]:
    with Session(engine) as session:
        return {str(shelf.id): len(shelf.books) for shelf in session.scalars(select(Shelf))}


@api.get("/stream")
def stream() -> StreamingResponse:
    """Read while the answer is under way."""

    async def lines() -> AsyncIterator[str]:
        with Session(engine) as session:
            for shelf in session.scalars(select(Shelf)).all():
                yield json.dumps(len(shelf.books)) + "\n"

    return StreamingResponse(lines())


@api.get("/later")
def later(tasks: BackgroundTasks) -> str:
    """Read when the answer has been sent."""
    tasks.add_task(shelves)
    return "later"


@app.get("/health")
def health() -> str:
    return "ok"
