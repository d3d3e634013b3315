"""A trace backend for one machine: OTLP in, SQLite, Jaeger's query API and a waterfall out.

A request's way through the modules:

    OTLP body ─► receiver ─► otlp ─► spans ──► writer ─┐
                                 └─► metrics ──────────┤
                                                     store (SQLite, schema)
    Jaeger client ◄── api_v3 ◄── query, otlp_json ─────┤
    browser       ◄── pages  ◄── waterfall, statements ┴─ reader
"""
