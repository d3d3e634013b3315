"""Ask for pages side by side, until enough statements were sent.

Not by Locust: it is to end after a number of statements, and every page has to be answered.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

from harness.clients.clinic import ClinicClient
from harness.waiting import Pause

# A page that sends next to nothing (core) must not make the run endless.
MAX_REQUESTS = 5_000


def send(
    address: str, *, statements: int, users: int, pause: Pause = time.sleep
) -> tuple[int, int]:
    """Ask for Success Stories until `statements` were sent; return (requests, statements).

    The last figure is what the pages say of themselves in Server-Timing. Raises ClinicError if
    a page is not answered with success: a statement may then have failed, and the counts differ.
    """
    with (
        ClinicClient(address, connections=users) as clinic,
        ThreadPoolExecutor(users) as visitors,
    ):
        listing, clinics = clinic.listing()
        requests, sent, names = 1, listing.statements or 0, cycle(clinics)
        while sent < statements and requests < MAX_REQUESTS:
            pages = visitors.map(clinic.stories, islice(names, users))
            sent += sum(page.statements or 0 for page in pages)
            requests += users
            pause(0)  # notices a Ctrl-C
    return requests, sent
