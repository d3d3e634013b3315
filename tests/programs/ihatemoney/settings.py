"""Set ihatemoney up on a database of its own."""

import os

SQLALCHEMY_DATABASE_URI = os.environ["DATABASE_URL"]
SECRET_KEY = "known to all"
SESSION_COOKIE_SECURE = False
