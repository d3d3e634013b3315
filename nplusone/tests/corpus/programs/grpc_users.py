"""Run two services that talk by gRPC; bytes as messages, so that no code has to be generated."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]  # it has no types
from opentelemetry.instrumentation.grpc import client_interceptor, server_interceptor
from opentelemetry.instrumentation.grpc.grpcext import intercept_channel

from nplusone.tests.corpus.recording import Recorder

_ATTEMPTS = 6


class Users:
    """Handle the calls of shop.Users."""

    def __init__(self) -> None:
        self._attempts = 0

    def get(self, request: bytes, context: Any) -> bytes:
        """Answer at once."""
        return request

    def busy(self, request: bytes, context: Any) -> bytes:
        """Answer after some attempts."""
        self._attempts += 1
        if self._attempts <= _ATTEMPTS:
            context.abort(grpc.StatusCode.UNAVAILABLE, "busy")
        return request

    def stream(self, request: bytes, context: Any) -> Iterator[bytes]:
        """Answer with many."""
        yield from [request] * 30


@contextmanager
def _serving(recorder: Recorder) -> Iterator[str]:
    users = Users()
    handlers = {
        "GetUser": grpc.unary_unary_rpc_method_handler(users.get),
        "BatchGetUsers": grpc.unary_unary_rpc_method_handler(users.get),
        "GetProfile": grpc.unary_unary_rpc_method_handler(users.busy),
        "StreamUsers": grpc.unary_stream_rpc_method_handler(users.stream),
    }
    interceptor = server_interceptor(tracer_provider=recorder.provider_of("users"))
    server = grpc.server(ThreadPoolExecutor(4), interceptors=[interceptor])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("shop.Users", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def _record(recorder: Recorder, channel: grpc.Channel) -> None:
    get = channel.unary_unary("/shop.Users/GetUser")
    batch = channel.unary_unary("/shop.Users/BatchGetUsers")
    busy = channel.unary_unary("/shop.Users/GetProfile")
    stream = channel.unary_stream("/shop.Users/StreamUsers")
    with recorder.request("grpc_each", "/orders"):
        for number in range(9):
            get(str(number).encode())
    with recorder.request("grpc_batch", "/orders"):
        batch(b"1,2,3")
    with recorder.request("grpc_batches", "/orders"):
        for number in range(6):
            batch(str(number).encode())
    with recorder.request("grpc_four", "/orders"):
        for number in range(4):
            get(str(number).encode())
    with recorder.request("grpc_stream", "/orders"):
        _ = list(stream(b"all"))
    with recorder.request("grpc_retries", "/orders"):
        for _ in range(_ATTEMPTS + 1):
            try:
                busy(b"1")
            except grpc.RpcError:
                continue


def main() -> None:
    """Record all cases of this program."""
    recorder = Recorder("orders")
    interceptor = client_interceptor(tracer_provider=recorder.provider)
    with _serving(recorder) as address, grpc.insecure_channel(address) as channel:
        _record(recorder, intercept_channel(channel, interceptor))


if __name__ == "__main__":
    main()
