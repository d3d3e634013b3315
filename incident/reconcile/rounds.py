"""Load for a reconciliation: pages asked for side by side, until enough statements were sent.

Not Locust: it is to end after a number of statements, and every page has to be answered.
"""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from urllib.parse import urlencode

import urllib3

from harness.waiting import Pause
from incident.errors import IncidentError
from incident.replay.load import CLINICS, STORIES

TIMEOUT_S = 120
# A page that sends next to nothing (core) must not make the run endless.
MAX_REQUESTS = 5_000
_STATEMENTS = re.compile(r'desc="(\d+) statements"')


def send(
    address: str, *, statements: int, users: int, pause: Pause = time.sleep
) -> tuple[int, int]:
    """Ask for Success Stories until `statements` were sent; return (requests, statements).

    The last figure is what the pages say of themselves in Server-Timing. Raises IncidentError if
    a page is not answered with success: a statement may then have failed, and the counts differ.
    """
    with (
        urllib3.PoolManager(maxsize=users, retries=False, timeout=TIMEOUT_S) as http,
        ThreadPoolExecutor(users) as visitors,
    ):
        listing = _get(http, f"{address}{CLINICS}")
        clinics = [clinic["name"] for clinic in listing.json()["clinics"]]
        if not clinics:
            raise IncidentError(f"{address} holds no clinic: seed it with `clinic seed`.")
        requests, sent, names = 1, _statements(listing), cycle(clinics)
        while sent < statements and requests < MAX_REQUESTS:
            urls = [
                f"{address}{STORIES}?{urlencode({'clinic': next(names)})}" for _ in range(users)
            ]
            pages = visitors.map(lambda url: _statements(_get(http, url)), urls)
            sent += sum(pages)
            requests += users
            pause(0)  # where a Ctrl-C is noticed
    return requests, sent


def _get(http: urllib3.PoolManager, url: str) -> urllib3.BaseHTTPResponse:
    try:
        response = http.request("GET", url)
    except urllib3.exceptions.HTTPError as error:
        raise IncidentError(f"{url} was not answered: {error}") from error
    if response.status != 200:
        raise IncidentError(f"{url} was answered with {response.status}.")
    return response


def _statements(page: urllib3.BaseHTTPResponse) -> int:
    found = _STATEMENTS.search(page.headers.get("Server-Timing", ""))
    if found is None:
        raise IncidentError("A page says nothing of its statements: is this the clinic?")
    return int(found[1])
