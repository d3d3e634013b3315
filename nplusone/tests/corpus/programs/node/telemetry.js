"use strict";
// Loaded before everything else: the SDK with OpenTelemetry's instrumentations for Node.
const { getNodeAutoInstrumentations } = require("@opentelemetry/auto-instrumentations-node");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-proto");
const { NodeSDK, tracing, resources } = require("@opentelemetry/sdk-node");

const processor = new tracing.BatchSpanProcessor(new OTLPTraceExporter());
const off = { enabled: false };
const sdk = new NodeSDK({
  autoDetectResources: false,
  spanProcessors: [processor],
  instrumentations: [
    getNodeAutoInstrumentations({
      "@opentelemetry/instrumentation-fs": off,
      "@opentelemetry/instrumentation-net": off,
      "@opentelemetry/instrumentation-dns": off,
      "@opentelemetry/instrumentation-router": off,
      "@opentelemetry/instrumentation-pg": { requireParentSpan: true },
    }),
  ],
});
sdk.start();
module.exports = { flush: () => processor.forceFlush() };
