"""Set a shop of django-oscar up as its documentation says, on a database of its own."""

import os
from pathlib import Path

from oscar.defaults import *  # noqa: F403  # as Oscar's documentation wants it

SECRET_KEY = "known to all"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
SITE_ID = 1
STATIC_URL = "static/"
MEDIA_ROOT = Path(os.environ["SHOP_FOLDER"]) / "media"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(Path(os.environ["SHOP_FOLDER"]) / "shop.db"),
        "ATOMIC_REQUESTS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
AUTHENTICATION_BACKENDS = (
    "oscar.apps.customer.auth_backends.EmailBackend",
    "django.contrib.auth.backends.ModelBackend",
)
OF_DJANGO = "admin auth contenttypes sessions messages staticfiles sites flatpages"
OF_OSCAR = """
    analytics communication checkout address shipping catalogue catalogue.reviews partner basket
    payment offer order customer search voucher wishlists dashboard dashboard.reports
    dashboard.users dashboard.orders dashboard.catalogue dashboard.offers dashboard.partners
    dashboard.pages dashboard.ranges dashboard.reviews dashboard.vouchers
    dashboard.communications dashboard.shipping
"""


def _config(name: str) -> str:
    """Return where a part of Oscar is set up: oscar.apps.basket.apps.BasketConfig."""
    words = name.split(".")
    if words[0] == "dashboard":
        words.reverse()
    return f"oscar.apps.{name}.apps.{''.join(word.capitalize() for word in words)}Config"


INSTALLED_APPS = [
    *(f"django.contrib.{name}" for name in OF_DJANGO.split()),
    "oscar.config.Shop",
    *(_config(name) for name in OF_OSCAR.split()),
    *("widget_tweaks", "haystack", "treebeard", "sorl.thumbnail", "django_tables2"),
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]
CONTEXT = """
    django.template.context_processors.request django.template.context_processors.i18n
    django.contrib.auth.context_processors.auth django.contrib.messages.context_processors.messages
    oscar.apps.search.context_processors.search_form
    oscar.apps.checkout.context_processors.checkout
    oscar.apps.communication.notifications.context_processors.notifications
    oscar.core.context_processors.metadata
"""
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT.split()},
    }
]
