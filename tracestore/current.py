"""Hand the views what the application serves from: the open store and its findings."""

from typing import cast

from flask import Flask, current_app

from tracestore.findings import Findings
from tracestore.store.database import Store

_STORE, _FINDINGS = "tracestore-store", "tracestore-findings"
_JUDGES = "tracestore-judges"


def init_app(app: Flask, store: Store, *, judges: bool = True) -> None:
    """Serve from an open store, which the caller closes; without `judges` nothing is marked."""
    app.extensions[_JUDGES] = judges
    app.extensions[_STORE] = store
    app.extensions[_FINDINGS] = Findings(store)


def get_store() -> Store:
    """Return the store of the application that handles this request."""
    return cast(Store, current_app.extensions[_STORE])


def get_findings() -> Findings:
    """Return the findings of that store."""
    return cast(Findings, current_app.extensions[_FINDINGS])


def judges() -> bool:
    """Return whether pages say what is wrong with a trace; the API of the findings always does."""
    return cast(bool, current_app.extensions[_JUDGES])
