"use strict";
const { DataTypes, Op, Sequelize } = require("sequelize");
const { numbers, run } = require("./corpus.js");

const db = new Sequelize(process.env.DATABASE_URL, { logging: false, pool: { max: 4 } });
const options = { timestamps: false };
const Artist = db.define("artist", { name: DataTypes.STRING }, { ...options, tableName: "artist" });
const Album = db.define("album", { title: DataTypes.STRING }, { ...options, tableName: "album" });
Album.belongsTo(Artist, { foreignKey: "artist_id" });
Artist.hasMany(Album, { foreignKey: "artist_id" });

async function prepare() {
  await db.sync({ force: true });
  await Artist.bulkCreate(numbers(600).map((n) => ({ name: `artist ${n}` })));
  await Album.bulkCreate(numbers(12).map((n) => ({ title: `album ${n}`, artist_id: n })));
}

const cases = {
  async sequelize_lazy() {
    for (const album of await Album.findAll()) await album.getArtist();
  },
  async sequelize_include() {
    await Album.findAll({ include: Artist });
  },
  async sequelize_separate() {
    await Artist.findAll({ limit: 10, include: { model: Album, separate: true } });
  },
  async sequelize_four() {
    for (const album of await Album.findAll({ limit: 4 })) await album.getArtist();
  },
  async sequelize_promise_all() {
    const albums = await Album.findAll();
    await Promise.all(albums.map((album) => album.getArtist()));
  },
  async sequelize_find_by_pk() {
    for (const id of numbers(8)) await Artist.findByPk(id);
  },
  async sequelize_in() {
    await Artist.findAll({ where: { id: { [Op.in]: numbers(8) } } });
  },
  async sequelize_same() {
    for (const _ of numbers(6)) await Artist.findByPk(1);
  },
  async sequelize_count_each() {
    for (const artist of await Artist.findAll({ limit: 7 })) await artist.countAlbums();
  },
  async sequelize_create_each() {
    for (const n of numbers(6)) await Album.create({ title: `new ${n}`, artist_id: 1 });
  },
  async sequelize_bulk_create() {
    await Album.bulkCreate(numbers(60).map((n) => ({ title: `new ${n}`, artist_id: 1 })));
  },
  async sequelize_save_each() {
    for (const album of await Album.findAll({ limit: 6 })) {
      album.title += "!";
      await album.save();
    }
  },
  async sequelize_pages() {
    for (const n of numbers(6, 0)) {
      await Artist.findAll({ limit: 100, offset: 100 * n, order: ["id"] });
    }
  },
};

run(prepare, cases, () => db.close());
