"""Test what a watched process tells the one that has started it."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind

from nplusone.tests.live_service import ONE
from otel_nplusone._run.watcher import Watcher
from otel_nplusone._run.wire import (
    Hello,
    Lost,
    Message,
    Progress,
    Receiver,
    Sender,
    decode,
    encode,
)
from otel_nplusone.errors import SourceError


@pytest.fixture
def heard() -> list[Message]:
    return []


@pytest.fixture
def path(tmp_path: Path, heard: list[Message]) -> Iterator[Path]:
    """Open a socket on which somebody listens."""
    receiver = Receiver(tmp_path / "spans", heard.append)
    yield tmp_path / "spans"
    receiver.close()


@pytest.fixture
def listening(tmp_path: Path, heard: list[Message]) -> Callable[[], Receiver]:
    return lambda: Receiver(tmp_path / "spans", heard.append)


def provider_of(path: Path) -> TracerProvider:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(Watcher(Sender(path)))
    return provider


def progress(heard: list[Message]) -> list[Progress]:
    return [message for message in heard if isinstance(message, Progress)]


def test_spans_pass_the_socket_as_they_were(
    listening: Callable[[], Receiver], tmp_path: Path, heard: list[Message]
) -> None:
    receiver = listening()
    provider = provider_of(tmp_path / "spans")
    tracer = provider.get_tracer("test")
    attributes = {"http.route": "/cats", "db.query.text": "SELECT '\ud800 …'"}
    with tracer.start_as_current_span("GET", kind=SpanKind.SERVER, attributes=attributes) as root:
        tracer.start_span("SELECT", attributes={"db.query.text": ONE}).end()
    provider.shutdown()
    receiver.close()

    begin, select, request = progress(heard)
    assert (begin.still_open, begin.span) == (1, None)
    assert (select.still_open, request.still_open) == (1, 0)
    assert select.span is not None
    assert request.span is not None
    assert select.span.attributes == {"db.query.text": ONE}
    assert select.span.parent_span_id == request.span.span_id
    assert request.span.attributes == attributes
    assert request.span.span_id == f"{root.get_span_context().span_id:016x}"
    assert {message.process for message in progress(heard)} == {os.getpid()}


def test_all_that_was_sent_is_taken_also_of_a_process_that_lives_on(
    listening: Callable[[], Receiver], tmp_path: Path, heard: list[Message]
) -> None:
    receiver = listening()
    senders = [Sender(tmp_path / "spans") for _ in range(20)]
    for sender in senders:
        for number in range(50):
            sender.send(Progress(1, "t", number))
    receiver.close()

    assert len(heard) == 1000
    for sender in senders:
        sender.close()


def test_child_of_a_fork_begins_anew(
    listening: Callable[[], Receiver], tmp_path: Path, heard: list[Message]
) -> None:
    receiver = listening()
    provider = provider_of(tmp_path / "spans")
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("in the parent alone"):
        child = os.fork()
        if child == 0:
            with tracer.start_as_current_span("in the child"):
                pass
            os._exit(0)
        os.waitpid(child, 0)
    receiver.close()
    provider.shutdown()

    ended = [message for message in progress(heard) if message.span is not None]
    # Each sends on a connection of its own: which is heard first is not said.
    assert {one.span.name: one.process for one in ended if one.span} == {
        "in the child": child,
        "in the parent alone": os.getpid(),
    }
    assert [one.still_open for one in ended] == [0, 0]


def test_spans_that_are_not_sampled_are_not_told(path: Path, heard: list[Message]) -> None:
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(Watcher(Sender(path)))

    with provider.get_tracer("test").start_as_current_span("GET"):
        pass
    provider.shutdown()

    assert progress(heard) == []


def test_listener_that_is_gone_is_complained_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gone:
        gone.bind(str(tmp_path / "spans"))
    provider = provider_of(tmp_path / "spans")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            with provider.get_tracer("test").start_as_current_span("GET"):
                pass
        provider.shutdown()

    assert [record.message for record in caplog.records] == [
        "otel-nplusone run hears no more spans of this process: [Errno 111] Connection refused"
    ]


def test_listener_that_stands_still_costs_spans_which_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otel_nplusone._run.wire._SEND_TIMEOUT_S", 0.01)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "spans"))
        listener.listen()
        sender = Sender(tmp_path / "spans")
        large = Hello(1, "x" * 1_000_000)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                sender.send(large)
    heard: list[Message] = []
    (tmp_path / "spans").unlink()
    receiver = Receiver(tmp_path / "spans", heard.append)

    sender.send(Hello(1))
    receiver.close()
    sender.close()

    assert heard == [Lost(3), Hello(1)]


@pytest.mark.parametrize(
    "message",
    [
        Hello(7, "OTEL_SDK_DISABLED", (("flask", "opentelemetry-instrumentation-flask"),)),
        Lost(3),
        Progress(7, "4bf9", 2),
    ],
)
def test_message_is_read_as_it_was_written(message: Message) -> None:
    assert decode(encode(message)) == message


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"span": [1]}', b"\xff", b'{"hello": "x"}'])
def test_line_that_is_not_a_message_is_refused(line: bytes) -> None:
    with pytest.raises(SourceError, match="not a message"):
        decode(line)
