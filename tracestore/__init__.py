"""Receive, keep and show traces on one machine: OTLP in, SQLite, Jaeger's query API and pages out.

    OTLP body ─► intake ──► store ◄── api ──► Jaeger's clients
                              ▲ ◄──── pages ─► browsers
                           findings (otel_nplusone), for api and pages

The rooms import in one direction: pages, api, intake, findings, store. `app` puts them together,
`server` listens, `cli` starts both. A module with an underscore is private to its room.
"""
