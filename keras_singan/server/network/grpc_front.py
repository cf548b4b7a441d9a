"""gRPC's server in an event loop, for peers that may be slow.

A call whose message does not come holds no thread. Every method is taken as a
stream of one message, which looks the same to the peer, because gRPC's own way for
single messages waits for them without a limit.
"""

import asyncio
import math

import grpc
from grpc_health.v1 import health
from grpc_health.v1 import health_pb2
from grpc_health.v1 import health_pb2_grpc

from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception

SERVICES = ("", "ModelService", "PredictionService")
# Seconds for a call's message, and for a connection's first bytes.
MESSAGE_SECONDS = 10.0
# Calls whose messages may be on their way at once; the oldest makes room.
_MOST_READING = 64
_MOST_CALLS = 1024
_MESSAGE_CHARACTERS = 1024
_PACKAGE = "tensorflow.serving"


def grpc_options(max_bytes, connections):
    """Returns the options of the server.

    Args:
        max_bytes: Of one message.
        connections: Most connections at once.
    """
    return [
        ("grpc.max_receive_message_length", max_bytes),
        ("grpc.max_send_message_length", (1 << 31) - 1),
        # Another server on the same port is an error, not a partner.
        ("grpc.so_reuseport", 0),
        ("grpc.max_concurrent_streams", 128),
        # It would keep a record of every connection.
        ("grpc.enable_channelz", 0),
        ("grpc.max_allowed_incoming_connections", connections),
        ("grpc.server_handshake_timeout_ms", round(1000 * MESSAGE_SECONDS)),
        # A peer that has vanished is noticed.
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
    ]


class GrpcFront:
    """A gRPC server of services whose methods take bytes and give bytes.

    Args:
        services: Dictionary of service by name, without its package.
        max_bytes: Of one message.
        connections: Most connections at once.
    """

    def __init__(self, services, max_bytes, connections):
        self._services = services
        self._options = grpc_options(max_bytes, connections)
        # The events that end the calls whose messages are on their way, oldest first.
        self._reading = {}

    async def bind(self, address):
        """Makes the server; returns its port, 0 if the address cannot be used."""
        self._server = grpc.aio.server(
            options=self._options, maximum_concurrent_rpcs=_MOST_CALLS
        )
        for name, service in self._services.items():
            methods = {
                method: grpc.stream_unary_rpc_method_handler(
                    self._handler(getattr(service, method))
                )
                for method in vars(type(service))
                if method[0].isupper()
            }
            handler = grpc.method_handlers_generic_handler(
                f"{_PACKAGE}.{name}", methods
            )
            self._server.add_generic_rpc_handlers((handler,))
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        for name in SERVICES:
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        try:
            return self._server.add_insecure_port(address)
        except RuntimeError:
            return 0

    async def start(self):
        """Takes calls from now on."""
        await self._server.start()

    async def refuse(self):
        """Tells who asks for the health that the server is stopping."""
        await self._health.enter_graceful_shutdown()

    async def stop(self, seconds):
        """Waits so long for calls that run, and ends."""
        await self._server.stop(seconds)

    def _handler(self, method):
        async def handle(messages, context):
            try:
                message = await self._message(messages)
                left = context.time_remaining()
                # A client without a deadline has one in some 10**9 seconds.
                seconds = math.inf if left is None else max(left, 0.0)
                return await method(message, seconds)
            except Exception as error:
                # Its traceback refers to this frame, which refers to it.
                status = from_exception(error).with_traceback(None)
            code = getattr(grpc.StatusCode, status.code)
            await context.abort(code, _text(status.message), _retry(status))

        return handle

    async def _message(self, messages):
        if len(self._reading) >= _MOST_READING:
            self._reading.pop(next(iter(self._reading))).set()
        key, stop = object(), asyncio.Event()
        self._reading[key] = stop
        reading = asyncio.ensure_future(anext(messages))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait(
                {reading, stopping},
                timeout=MESSAGE_SECONDS,
                return_when="FIRST_COMPLETED",
            )
            if not reading.done():
                raise StatusError(
                    "DEADLINE_EXCEEDED", "The call's message did not arrive in time."
                )
            return await reading
        except StopAsyncIteration:
            raise StatusError("INVALID_ARGUMENT", "The call has no message.") from None
        finally:
            self._reading.pop(key, None)
            reading.cancel()
            stopping.cancel()
            del reading, stopping


def _retry(status):
    if status.code not in ("RESOURCE_EXHAUSTED", "UNAVAILABLE"):
        return ()
    return (("retry-after", str(max(1, math.ceil(status.retry_after)))),)


def _text(message):
    if len(message) > _MESSAGE_CHARACTERS:
        message = message[:_MESSAGE_CHARACTERS] + "...TRUNCATED"
    return message.encode("utf-8", "replace").decode()
