"use strict";
const { numbers, pause, run } = require("./corpus.js");

const db = require("knex")({ client: "pg", connection: process.env.DATABASE_URL });

async function prepare() {
  await db.schema.createTable("city", (table) => {
    table.increments("id");
    table.string("name");
    table.integer("country_id");
  });
  await db("city").insert(numbers(700).map((n) => ({ name: `city ${n}`, country_id: n % 9 })));
}

const cases = {
  async knex_loop() {
    for (const id of numbers(10)) await db("city").where({ id }).first();
  },
  async knex_parallel() {
    await Promise.all(numbers(10).map((id) => db("city").where({ id }).first()));
  },
  async knex_where_in() {
    await db("city").whereIn("id", numbers(10));
  },
  async knex_where_in_chunks() {
    for (const n of numbers(6, 0)) await db("city").whereIn("id", numbers(100, n * 100));
  },
  async knex_three() {
    for (const id of numbers(3)) await db("city").where({ id }).first();
  },
  async knex_literals() {
    for (const id of numbers(8)) await db.raw(`SELECT name FROM city WHERE id = ${id}`);
  },
  async knex_same_literal() {
    for (const _ of numbers(8)) await db.raw("SELECT name FROM city WHERE id = 1");
  },
  async knex_insert_each() {
    for (const n of numbers(6)) await db("city").insert({ name: `new ${n}`, country_id: 1 });
  },
  async knex_batch_insert() {
    const rows = numbers(600).map((n) => ({ name: `new ${n}`, country_id: 1 }));
    await db.batchInsert("city", rows, 100);
  },
  async knex_keyset() {
    let last = 0;
    for (const _ of numbers(6)) {
      const rows = await db("city").where("id", ">", last).orderBy("id").limit(100);
      last = rows.at(-1).id;
    }
  },
  async knex_poll() {
    for (const _ of numbers(6)) {
      await db("city").where({ name: "ready" }).first();
      await pause(1000);
    }
  },
  async knex_transaction_each() {
    for (const id of numbers(6)) {
      await db.transaction((step) => step("city").where({ id }).update({ name: "renamed" }));
    }
  },
};

run(prepare, cases, () => db.destroy());
