"""Visit a shop of django-oscar, as a customer and as the one who runs it."""

import re

import requests

from tests.programs.programs import Program

SHOP = ("/catalogue/", "/search/?q=Book", "/basket/", "/offers/", "/accounts/orders/")
DASHBOARD = (
    *("", "orders/", "orders/1000/", "orders/statistics/", "catalogue/", "catalogue/categories/"),
    *("reviews/", "users/", "partners/", "catalogue/products/1/"),
)


def visit(browser: requests.Session, address: str) -> None:
    """Look at the shop as a customer, then at the dashboard as its owner."""
    log_in(browser, address, "ada@example.org", "ada")
    for page in (*SHOP, *products(browser, address)[:2], "/accounts/orders/1000/"):
        browser.get(address + page).raise_for_status()
    browser.cookies.clear()
    log_in(browser, address, "admin@example.org", "admin")
    for page in DASHBOARD:
        browser.get(f"{address}/dashboard/{page}").raise_for_status()


def log_in(browser: requests.Session, address: str, name: str, password: str) -> None:
    page = browser.get(f"{address}/accounts/login/").text
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    form = {"csrfmiddlewaretoken": token, "login_submit": "Log In"}
    form |= {"login-username": name, "login-password": password}
    browser.post(f"{address}/accounts/login/", form).raise_for_status()


def products(browser: requests.Session, address: str) -> list[str]:
    page = browser.get(f"{address}/catalogue/").text
    return list(dict.fromkeys(re.findall(r'href="(/catalogue/book-\d+_\d+/)"', page)))


PROGRAM = Program(
    name="oscar",
    package="oscar",
    command=("gunicorn", "--bind", "127.0.0.1:{port}", "wsgi:application"),
    seeded_by=(("django-admin", "migrate", "--verbosity", "0"), ("python", "seed.py")),
    visit=visit,
    ready="/catalogue/",
    environ={"DJANGO_SETTINGS_MODULE": "settings", "SHOP_FOLDER": "{folder}"},
)
