"""Make fingerprints of commands of databases that do not speak SQL.

HGET 6513270e-269e-4d37-b2a7-4de452e6b438         HGET ?
get product:17                                    GET product:?
{"find": "cats", "filter": {"_id": "7"}}          find cats {"filter": {"_id":?}}
search of index cats                              search cats
"""

import re
from collections.abc import Mapping

from otel_nplusone._core import semconv
from otel_nplusone._core.calls import path_template, url_parts
from otel_nplusone._core.fingerprint import Fingerprint, digest

_KEY_VALUE = frozenset({"redis", "valkey", "memcached", "dragonfly", "keydb"})
_DOCUMENTS_WORDS = """
    mongodb mongoose documentdb cosmosdb azure.cosmosdb dynamodb aws.dynamodb couchdb firestore
"""
_DOCUMENTS = frozenset(_DOCUMENTS_WORDS.split())
_SEARCH = frozenset({"elasticsearch", "opensearch"})
SYSTEMS = _KEY_VALUE | _DOCUMENTS | _SEARCH

# Of a connection or a transaction, and those that wait for something to come.
_CONTROL_WORDS = """
    PING AUTH SELECT HELLO CLIENT CLUSTER COMMAND CONFIG INFO MULTI EXEC DISCARD WATCH UNWATCH
    ECHO QUIT SUBSCRIBE PSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE READONLY SCRIPT WAIT BLPOP BRPOP
    BLMOVE BRPOPLPUSH BZPOPMIN BZPOPMAX XREAD XREADGROUP CONNECT HELLO ISMASTER ENDSESSIONS
    COMMITTRANSACTION ABORTTRANSACTION SASLSTART SASLCONTINUE BUILDINFO GETLASTERROR KILLCURSORS
    LISTCOLLECTIONS LISTINDEXES CREATEINDEXES SERVERSTATUS
"""
_CONTROL = frozenset(_CONTROL_WORDS.split())
_MANY_WORDS = """
    MGET MSET MSETNX PIPELINE INSERTMANY INSERT_MANY BULKWRITE BULK_WRITE BULK MSEARCH
    BATCHGETITEM BATCHWRITEITEM
"""
_MANY = frozenset(_MANY_WORDS.split())
_PAGES_WORDS = """
    SCAN HSCAN SSCAN ZSCAN GETMORE GET_MORE SCROLL CLEAR_SCROLL CLEARSCROLL OPEN_POINT_IN_TIME
"""
_PAGES = frozenset(_PAGES_WORDS.split())
_WRITES = (
    (re.compile(r"insert|putitem|create", re.IGNORECASE), "INSERT"),
    (re.compile(r"update|replace|findandmodify|find_and_modify", re.IGNORECASE), "UPDATE"),
    (re.compile(r"delete|remove", re.IGNORECASE), "DELETE"),
)
# Drivers write documents as JSON, PyMongo's instrumentation as Python does: `find {'_id': 1}`.
_COMMAND = re.compile(r"""\{\s*["']?(\w+)["']?\s*:\s*["']([\w.$-]+)["']""")
_WORD_AND_BODY = re.compile(r"\s*(\w+)\s+(\{.*)", re.DOTALL)
_DOCUMENTS_KEY = re.compile(r"""["']documents["']""")
_COMMANDS_WORDS = """
    find findone aggregate count distinct insert update delete findandmodify getmore
"""
_COMMANDS = frozenset(_COMMANDS_WORDS.split())
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD"})
_TEXT = r"""(?:"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')"""
_MADE = r"[A-Za-z_][\w.]*\([^()]*\)"  # ObjectId('64…'), datetime.datetime(2026, 5, 1)
_SCALAR = rf"(?:{_TEXT}|-?\d[\w.+-]*|true|false|True|False|null|None|\?|{_MADE})"
_LIST = re.compile(rf"\[\s*{_SCALAR}(?:\s*,\s*{_SCALAR})*+\s*\]")
_VALUE = re.compile(rf":\s*{_SCALAR}")
_PREFIX = re.compile(r"([A-Za-z][A-Za-z_-]+)[:/.|#]")


def namespace(attributes: Mapping[str, object]) -> str:
    """Return the database; Redis has numbers for them."""
    found = semconv.text(attributes, semconv.NAMESPACE)
    index = semconv.number(attributes, semconv.REDIS_INDEX)
    return found or ("" if index is None else str(index))


def read(system: str, text: str, attributes: Mapping[str, object], name: str) -> Fingerprint | None:
    """Return the command of a span, without its values; None where no loop sends it."""
    operation = semconv.text(attributes, semconv.OPERATION)
    if system in _KEY_VALUE:
        return _key_value(text or operation)
    collection = semconv.text(attributes, semconv.COLLECTION)
    if system in _SEARCH:
        return _search(text, operation or name, collection, attributes)
    return _document(text, operation, collection, name)


def _key_value(text: str) -> Fingerprint | None:
    lines = text.split("\n")
    command, _, rest = lines[0].strip().partition(" ")
    command = command.upper()
    if not command or command in _CONTROL:
        return None
    key = rest.split(" ", 1)[0]
    is_known = bool(key) and "?" not in rest and "other arguments" not in rest
    keys = rest.count(" ") + 1 if command in ("DEL", "UNLINK", "EXISTS", "TOUCH") else 1
    pattern = _key(key) if len(lines) == 1 else "…"
    many = command in _MANY or keys > 1 or len(lines) > 1
    return _made(
        f"{command} {pattern}".strip(), command, pattern, text if is_known else None, many=many
    )


def _key(key: str) -> str:
    """Return `cart:?` of `cart:17:items`: what stands before the first separator is its kind."""
    prefix = _PREFIX.match(key)
    return f"{prefix[0]}?" if prefix else "?" if key else ""


def _document(text: str, operation: str, collection: str, name: str) -> Fingerprint | None:
    told = _WORD_AND_BODY.fullmatch(text)
    if told:
        operation, text = operation or told[1], told[2]
    body = text if text.lstrip().startswith("{") else ""
    command = _COMMAND.match(body)
    if command and command[1].lower() in _COMMANDS:
        operation, collection = operation or command[1], collection or command[2]
    if not body and text:
        first, _, rest = text.partition(" ")
        operation, collection = operation or first, collection or rest
    if not collection:
        collection = _from_name(name, operation)
    if not operation or operation.upper() in _CONTROL or not (collection or body):
        return None
    shape, size = _shape(body)
    is_known = bool(body) and "?" not in body
    many = operation.upper() in _MANY or bool(re.search(r"\}\s*,\s*\{", _inserted(body)))
    words = " ".join(filter(None, (operation, collection, shape)))
    return _made(words, _verb(operation), collection, body if is_known else None, many, size)


def _inserted(body: str) -> str:
    """Return the documents of an insert: more than one is a batch."""
    found = _DOCUMENTS_KEY.search(body)
    return body[found.end() :] if found else ""


def _from_name(name: str, operation: str) -> str:
    """Return the collection in a span's name: `find cats`, `cats.find`, but not `mongodb.find`."""
    words = [w for w in re.split(r"[ .]", name) if w and w.lower() != operation.lower()]
    return words[-1] if len(words) == 1 and words[0].lower() not in SYSTEMS else ""


def _shape(body: str) -> tuple[str, int]:
    """Return a document without values, and the length of its longest list."""
    sizes = [found.count(",") + 1 for found in _LIST.findall(body)]
    return _VALUE.sub(":?", _LIST.sub("[…]", body)), max(sizes, default=0)


def _search(
    text: str, operation: str, collection: str, attributes: Mapping[str, object]
) -> Fingerprint | None:
    url = semconv.text(attributes, semconv.URL) or semconv.text(attributes, semconv.URL_PATH)
    method, _, address = text.partition(" ")
    if method in _METHODS and address.startswith("/"):  # GET /cats/_doc/7 in place of a body
        url, text = url or address, ""
    path = url_parts(url)[1]
    last = path.rpartition("/_")[2].partition("/")[0]
    where = collection or path_template(path)
    short = operation.rpartition(".")[2]
    if not where or short.upper() in _CONTROL or short.upper() == "INFO":
        return None
    many = {last.upper(), short.upper()} & (_MANY | {"MGET"})
    pages = {last.upper(), short.upper()} & _PAGES
    value = f"{path} {text}" if (text or "/_doc/" in path) and "?" not in text else None
    shape, _ = _shape(text)
    words = " ".join(filter(None, (operation, where, shape)))
    return _made(words, _verb(short), where, value, bool(many), page=bool(pages))


def _verb(operation: str) -> str:
    found = (verb for pattern, verb in _WRITES if pattern.search(operation))
    return next(found, operation.upper())


def _made(
    text: str,
    verb: str,
    table: str,
    value: str | None,
    many: bool = False,
    size: int = 0,
    *,
    page: bool = False,
) -> Fingerprint:
    return Fingerprint(
        text=text,
        digest=digest(text),
        verb=verb,
        table=table,
        has_binds=value is None,
        has_equality=False,
        list_size=size,
        many_rows=many,
        is_control=False,
        is_page=page or verb in _PAGES,
        values=hash(value),
    )
