"use strict";
// Runs the cases of a program: a name on a line of the standard input, "done" when it is sent.
const readline = require("node:readline");
const { trace, SpanKind } = require("@opentelemetry/api");
const { flush } = require("./telemetry.js");

const tracer = trace.getTracer("nplusone.corpus");

/** Does `work` within a span of a kind, as a framework's instrumentation would. */
function within(name, options, work) {
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });
}

/** A request: `work` in a SERVER span. */
function request(route, work) {
  const attributes = { "http.request.method": "GET", "http.route": route };
  return within(`GET ${route}`, { kind: SpanKind.SERVER, attributes }, work);
}

async function run(prepare, cases, close) {
  const route = (name) => `/${name}`;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line === "ready") await prepare();
    else await request(route(line), cases[line]);
    await flush();
    console.log("done");
  }
  await close();
}

const numbers = (count, first = 1) => Array.from({ length: count }, (_, n) => n + first);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
module.exports = { run, within, numbers, pause };
