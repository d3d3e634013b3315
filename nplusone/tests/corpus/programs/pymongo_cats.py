"""Run PyMongo with its instrumentation, statements captured."""

import os
from typing import Any

from opentelemetry.instrumentation.pymongo import PymongoInstrumentor
from pymongo import MongoClient

from nplusone.tests.corpus.recording import Recorder


def main() -> None:
    """Record all cases of this program."""
    recorder = Recorder("mongo-cats")
    PymongoInstrumentor().instrument(tracer_provider=recorder.provider, capture_statement=True)
    client: MongoClient[dict[str, Any]] = MongoClient(os.environ["MONGO_URL"])
    database = client.get_default_database()
    database.cats.drop()
    database.cats.insert_many([{"_id": n, "name": f"cat {n}", "owner": n} for n in range(300)])
    database.owners.insert_many([{"_id": n, "name": f"owner {n}"} for n in range(300)])
    _reads(recorder, database)
    _writes(recorder, database)
    client.close()


def _reads(recorder: Recorder, database: Any) -> None:
    with recorder.request("pymongo_find_one_each", "/cats"):
        for cat in database.cats.find().limit(10):
            database.owners.find_one({"_id": cat["owner"]})
    with recorder.request("pymongo_in", "/cats"):
        owners = [cat["owner"] for cat in database.cats.find().limit(10)]
        _ = list(database.owners.find({"_id": {"$in": owners}}))
    with recorder.request("pymongo_three", "/cats"):
        for cat in database.cats.find().limit(3):
            database.owners.find_one({"_id": cat["owner"]})
    with recorder.request("pymongo_same", "/cats"):
        for _ in range(6):
            database.owners.find_one({"_id": 1})
    with recorder.request("pymongo_cursor", "/export"):
        _ = list(database.cats.find(batch_size=25))
    with recorder.request("pymongo_count_each", "/owners"):
        for owner in range(7):
            database.cats.count_documents({"owner": owner})


def _writes(recorder: Recorder, database: Any) -> None:
    with recorder.request("pymongo_insert_each", "/import"):
        for number in range(6):
            database.cats.insert_one({"name": f"new {number}"})
    with recorder.request("pymongo_insert_many", "/import"):
        database.cats.insert_many([{"name": f"new {number}"} for number in range(60)])
    with recorder.request("pymongo_update_each", "/import"):
        for number in range(6):
            database.cats.update_one({"_id": number}, {"$set": {"age": 1}})
    with recorder.request("pymongo_update_many", "/import"):
        database.cats.update_many({}, {"$set": {"age": 1}})


if __name__ == "__main__":
    main()
