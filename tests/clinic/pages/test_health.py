"""Test health, as a load balancer asks for it and as Prometheus does."""

from flask.testing import FlaskClient


def test_a_load_balancer_gets_json(client: FlaskClient) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response.json == {"status": "ok"}


def test_prometheus_gets_its_own_format(client: FlaskClient) -> None:
    response = client.get("/healthz?format=prometheus")

    assert response.status_code == 200
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert response.text.splitlines()[-1] == "clinic_healthy 1"


def test_another_format_is_none(client: FlaskClient) -> None:
    response = client.get("/healthz?format=xml")

    assert response.json == {"status": "ok"}
