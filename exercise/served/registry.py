"""Answer as the registry of licences does, a small service next to the clinic.

GET /licences/VA-1                    {"number": "VA-1", "valid_until": "2028-12-31"}
GET /licences?number=VA-1&number=…    {"licences": [one for each number]}
GET /count                            {"calls": how many of the two there have been}
"""

import json
import sys
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, unquote, urlsplit

from harness.ports import LOOPBACK

FIRST_YEAR, YEARS = 2027, 3
# Python's own counter: one step of it is not divided between threads.
_calls = count(1)


class Registry(BaseHTTPRequestHandler):
    """Answer one connection's requests."""

    protocol_version = "HTTP/1.1"
    # An answer is two writes, and the second would wait for the first to be acknowledged.
    disable_nagle_algorithm = True
    calls = 0

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/count":
            return self._answer({"calls": Registry.calls})
        Registry.calls = next(_calls)
        if parts.path == "/licences":
            numbers = parse_qs(parts.query).get("number", [])
            return self._answer({"licences": [licence(number) for number in numbers]})
        return self._answer(licence(unquote(parts.path.removeprefix("/licences/"))))

    def _answer(self, document: dict[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def licence(number: str) -> dict[str, object]:
    """Return a licence: the registry knows all of them."""
    year = FIRST_YEAR + zlib.crc32(number.encode()) % YEARS
    return {"number": number, "valid_until": f"{year}-12-31"}


def main() -> None:
    """Serve on the port that the command line names."""
    ThreadingHTTPServer((LOOPBACK, int(sys.argv[1])), Registry).serve_forever()


if __name__ == "__main__":
    main()
