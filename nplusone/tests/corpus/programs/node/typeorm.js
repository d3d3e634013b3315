"use strict";
const { DataSource, EntitySchema, In } = require("typeorm");
const { numbers, run } = require("./corpus.js");

const id = { type: Number, primary: true, generated: true };
const Author = new EntitySchema({
  name: "author",
  columns: { id, name: { type: String } },
  relations: {
    books: { type: "one-to-many", target: "novel", inverseSide: "author", lazy: true },
  },
});
const Novel = new EntitySchema({
  name: "novel",
  columns: { id, title: { type: String } },
  relations: {
    author: { type: "many-to-one", target: "author", joinColumn: true, lazy: true },
  },
});
const db = new DataSource({
  type: "postgres",
  url: process.env.DATABASE_URL,
  entities: [Author, Novel],
  synchronize: true,
});
const authors = () => db.getRepository(Author);
const novels = () => db.getRepository(Novel);

async function prepare() {
  await db.initialize();
  for (const n of numbers(9)) {
    const author = await authors().save({ name: `author ${n}` });
    await db.query('INSERT INTO novel (title, "authorId") VALUES ($1, $2)', [`novel ${n}`, author.id]);
  }
}

const cases = {
  async typeorm_lazy() {
    for (const novel of await novels().find()) await novel.author;
  },
  async typeorm_lazy_many() {
    for (const author of await authors().find()) await author.books;
  },
  async typeorm_relations() {
    await novels().find({ relations: { author: true } });
  },
  async typeorm_query_builder() {
    await novels().createQueryBuilder("n").leftJoinAndSelect("n.author", "a").getMany();
  },
  async typeorm_four() {
    for (const novel of await novels().find({ take: 4 })) await novel.author;
  },
  async typeorm_find_one_each() {
    for (const number of numbers(8)) await authors().findOneBy({ id: number });
  },
  async typeorm_in() {
    await authors().findBy({ id: In(numbers(8)) });
  },
  async typeorm_save_each() {
    for (const n of numbers(6)) await authors().insert({ name: `new ${n}` });
  },
  async typeorm_insert_many() {
    await authors().insert(numbers(60).map((n) => ({ name: `new ${n}` })));
  },
  async typeorm_update_each() {
    for (const n of numbers(6)) await authors().update(n, { name: "renamed" });
  },
  async typeorm_same() {
    for (const _ of numbers(6)) await authors().count();
  },
};

run(prepare, cases, () => db.destroy());
