"use strict";
const express = require("express");
const { numbers, run } = require("./corpus.js");

let url;
let server;

/** A service of users in the same process; its spans are children of the calls. */
async function prepare() {
  const app = express();
  let tries = 0;
  app.get("/api/users/:id", (request, response) => response.json({ id: request.params.id }));
  app.get("/api/users", (request, response) => response.json([]));
  app.get("/api/rates", (request, response) => response.json({ EUR: 1 }));
  app.get("/api/busy", (request, response) => {
    tries += 1;
    response.status(tries % 7 ? 503 : 200).json({});
  });
  await new Promise((resolve) => {
    server = app.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${server.address().port}/api`;
}

const get = async (path) => {
  const response = await fetch(url + path);
  await response.text();
  return response.status;
};

const cases = {
  async fetch_loop() {
    for (const n of numbers(8)) await get(`/users/${n}`);
  },
  async fetch_parallel() {
    await Promise.all(numbers(8).map((n) => get(`/users/${n}`)));
  },
  async fetch_ids() {
    await get(`/users?ids=${numbers(8).join(",")}`);
  },
  async fetch_same() {
    for (const _ of numbers(6)) await get("/rates");
  },
  async fetch_four() {
    for (const n of numbers(4)) await get(`/users/${n}`);
  },
  async fetch_retries() {
    while ((await get("/busy")) === 503);
  },
  async fetch_pages() {
    for (const n of numbers(6)) await get(`/users?page=${n}&limit=100`);
  },
};

run(prepare, cases, () => {
  server.closeAllConnections();
  server.close();
});
