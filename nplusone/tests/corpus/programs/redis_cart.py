"""Run redis-py with its instrumentation, which writes `GET ?` for every command."""

import os

import redis
from opentelemetry.instrumentation.redis import RedisInstrumentor

from nplusone.tests.corpus.recording import Recorder


def main() -> None:
    """Record all cases of this program."""
    recorder = Recorder("cart")
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    client.mset({f"product:{n}": f"toy {n}" for n in range(40)})
    for number in range(12):
        client.hset(f"cart:{number}", mapping={"owner": number, "total": 7})
    RedisInstrumentor().instrument(tracer_provider=recorder.provider)
    _reads(recorder, client)
    _near_misses(recorder, client)


def _reads(recorder: Recorder, client: redis.Redis) -> None:
    with recorder.request("redis_get_each", "/products"):
        _ = [client.get(f"product:{number}") for number in range(20)]
    with recorder.request("redis_hash_each", "/carts"):
        _ = [client.hgetall(f"cart:{number}") for number in range(12)]
    with recorder.request("redis_set_each", "/import"):
        for number in range(12):
            client.set(f"product:{number}", "toy")
    with recorder.request("redis_same_key", "/products"):
        _ = [client.get("product:1") for _ in range(8)]


def _near_misses(recorder: Recorder, client: redis.Redis) -> None:
    with recorder.request("redis_mget", "/products"):
        client.mget([f"product:{number}" for number in range(20)])
    with recorder.request("redis_pipeline", "/carts"):
        pipeline = client.pipeline(transaction=False)
        for number in range(12):
            pipeline.hgetall(f"cart:{number}")
        pipeline.execute()
    with recorder.request("redis_pipelines", "/carts"):
        for start in range(0, 36, 6):
            pipeline = client.pipeline(transaction=False)
            for number in range(start, start + 6):
                pipeline.get(f"product:{number}")
            pipeline.execute()
    with recorder.request("redis_scan", "/keys"):
        _ = list(client.scan_iter(count=5))
    with recorder.request("redis_wait", "/jobs"):
        for _ in range(6):
            client.blpop(["jobs"], timeout=0.1)
    with recorder.request("redis_four", "/products"):
        _ = [client.get(f"product:{number}") for number in range(4)]
    with recorder.request("redis_mixed", "/products"):
        client.get("product:1")
        client.hgetall("cart:1")
        client.exists("product:2")
        client.ttl("product:3")
        client.strlen("product:4")
        client.hget("cart:2", "owner")


if __name__ == "__main__":
    main()
