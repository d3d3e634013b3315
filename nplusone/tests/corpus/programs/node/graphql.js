"use strict";
const DataLoader = require("dataloader");
const { buildSchema, graphql } = require("graphql");
const { Pool } = require("pg");
const { numbers, run } = require("./corpus.js");

const db = new Pool({ connectionString: process.env.DATABASE_URL, max: 3 });
const schema = buildSchema(`
  type Author { id: Int! name: String }
  type Post { id: Int! title: String author: Author }
  type Query { posts(first: Int!): [Post] }
`);

async function prepare() {
  await db.query("CREATE TABLE writer (id int PRIMARY KEY, name text)");
  await db.query("CREATE TABLE post (id int PRIMARY KEY, title text, writer_id int)");
  await db.query("INSERT INTO writer SELECT n, 'writer ' || n FROM generate_series(1, 20) AS n");
  await db.query("INSERT INTO post SELECT n, 'post ' || n, n FROM generate_series(1, 20) AS n");
}

async function one(id) {
  const { rows } = await db.query("SELECT id, name FROM writer WHERE id = $1", [id]);
  return rows[0];
}

async function many(ids) {
  const { rows } = await db.query("SELECT id, name FROM writer WHERE id = ANY($1)", [ids]);
  return ids.map((id) => rows.find((row) => row.id === id));
}

/** Answers a query for posts and their authors; `author` finds one. */
async function posts(first, author) {
  const rootValue = {
    async posts() {
      const text = "SELECT id, title, writer_id FROM post ORDER BY id LIMIT $1";
      const { rows } = await db.query(text, [first]);
      return rows.map((row) => ({ ...row, author: () => author(row.writer_id) }));
    },
  };
  const source = `{ posts(first: ${first}) { title author { name } } }`;
  const { errors } = await graphql({ schema, source, rootValue });
  if (errors) throw errors[0];
}

const cases = {
  graphql_resolvers: () => posts(10, one),
  graphql_dataloader() {
    const loader = new DataLoader(many);
    return posts(10, (id) => loader.load(id));
  },
  graphql_dataloader_of_one() {
    const loader = new DataLoader(many, { maxBatchSize: 1 });
    return posts(10, (id) => loader.load(id));
  },
  graphql_four: () => posts(4, one),
  graphql_no_author: () => posts(10, async (id) => ({ id, name: "nobody" })),
  async graphql_one_each() {
    for (const n of numbers(6)) await posts(n, async (id) => ({ id, name: "nobody" }));
  },
};

run(prepare, cases, () => db.end());
