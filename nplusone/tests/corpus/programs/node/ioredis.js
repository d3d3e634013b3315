"use strict";
const Redis = require("ioredis");
const { numbers, run } = require("./corpus.js");

const client = new Redis(process.env.REDIS_URL);
const key = (n) => `session:${n}`;

async function prepare() {
  await client.flushall();
  for (const n of numbers(40)) await client.set(key(n), `user ${n}`);
  await client.hset("prices", "toy", 1, "food", 2);
}

const cases = {
  async ioredis_get_each() {
    for (const n of numbers(15)) await client.get(key(n));
  },
  async ioredis_parallel() {
    await Promise.all(numbers(15).map((n) => client.get(key(n))));
  },
  async ioredis_mget() {
    await client.mget(numbers(15).map(key));
  },
  async ioredis_same() {
    for (const _ of numbers(7)) await client.get(key(1));
  },
  async ioredis_four() {
    for (const n of numbers(4)) await client.get(key(n));
  },
  async ioredis_exists_each() {
    for (const n of numbers(9)) await client.exists(key(n));
  },
  async ioredis_set_each() {
    for (const n of numbers(9)) await client.set(key(n), `user ${n}`);
  },
  async ioredis_scan() {
    let cursor = "0";
    do [cursor] = await client.scan(cursor, "COUNT", 5);
    while (cursor !== "0");
  },
  async ioredis_mixed() {
    await client.get(key(1));
    await client.ttl(key(2));
    await client.hgetall("prices");
    await client.exists(key(3));
    await client.strlen(key(4));
  },
};

run(prepare, cases, () => client.quit());
