"""A trace backend for one machine: OTLP in, SQLite, Jaeger's query API and a waterfall out.

A request's way through the modules:

    OTLP body ─► receiver, grpc_receiver ─► intake ─► spans ──► writer ─┐
                                              └─────► metrics ──────────┤
                                                                      store (SQLite, schema)
    Jaeger client ◄── api_v3, api_legacy ◄── query, otlp_json, jaeger_json ─┤
    browser ◄── pages, trace_pages ◄── trace_view, waterfall, compare, … ───┴─ reader
"""
