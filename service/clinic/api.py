"""The same as JSON, under /api."""

from flask import Blueprint, Flask, Response, jsonify

from clinic import queries
from clinic.cat_json import cats_json
from clinic.db import get_session
from clinic.query_string import clinic_name
from clinic.success_stories import read_stories

api = Blueprint("api", __name__, url_prefix="/api")


def init_app(app: Flask) -> None:
    app.register_blueprint(api)


@api.get("/clinics")
def clinics() -> Response:
    found = queries.all_clinics(get_session())
    return jsonify(clinics=[{"id": str(clinic.id), "name": clinic.name} for clinic in found])


@api.get("/success-stories")
def success_stories() -> Response:
    name = clinic_name()
    strategy, cats = read_stories(name)
    return jsonify(clinic=name, strategy=strategy, count=len(cats), cats=cats_json(cats))
