"use strict";
const mongoose = require("mongoose");
const { numbers, run } = require("./corpus.js");

const Owner = mongoose.model("Owner", new mongoose.Schema({ name: String }));
const Dog = mongoose.model(
  "Dog",
  new mongoose.Schema({ name: String, owner: { type: mongoose.ObjectId, ref: "Owner" } }),
);

async function prepare() {
  await mongoose.connect(process.env.MONGO_URL.replace("/cats", "/dogs"), { maxPoolSize: 3 });
  await mongoose.connection.dropDatabase();
  const owners = await Owner.insertMany(numbers(12).map((n) => ({ name: `owner ${n}` })));
  await Dog.insertMany(owners.map((owner, n) => ({ name: `dog ${n}`, owner: owner.id })));
}

const cases = {
  async mongoose_find_by_id_each() {
    for (const dog of await Dog.find().limit(10)) await Owner.findById(dog.owner);
  },
  async mongoose_populate() {
    await Dog.find().limit(10).populate("owner");
  },
  async mongoose_populate_each() {
    for (const dog of await Dog.find().limit(10)) await dog.populate("owner");
  },
  async mongoose_in() {
    const dogs = await Dog.find().limit(10);
    await Owner.find({ _id: { $in: dogs.map((dog) => dog.owner) } });
  },
  async mongoose_three() {
    for (const dog of await Dog.find().limit(3)) await Owner.findById(dog.owner);
  },
  async mongoose_create_each() {
    for (const n of numbers(6)) await Owner.create({ name: `new ${n}` });
  },
  async mongoose_insert_many() {
    await Owner.insertMany(numbers(60).map((n) => ({ name: `new ${n}` })));
  },
  async mongoose_update_each() {
    for (const dog of await Dog.find().limit(6)) {
      await Dog.updateOne({ _id: dog.id }, { $set: { name: "renamed" } });
    }
  },
  async mongoose_update_many() {
    await Dog.updateMany({}, { $set: { name: "renamed" } });
  },
};

run(prepare, cases, () => mongoose.disconnect());
