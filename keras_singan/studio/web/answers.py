"""Answers and bodies: JSON both ways, errors as one line."""

import functools
import json

from starlette.responses import JSONResponse

from keras_singan.errors import SinGANError

_JSON_BYTES = 64 * 1024


class BodyError(Exception):
    """A body that cannot be taken.

    Args:
        status: Status code of HTTP.
        text: The sentence.
    """

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


async def read_body(request, most):
    """Reads a body, and stops as soon as it is too large.

    Args:
        request: The request.
        most: So many bytes are allowed.

    Raises:
        BodyError: If it is larger.
    """
    refusal = BodyError(
        413, f"A body must have at most {most} bytes. Received: more than that."
    )
    if int(request.headers.get("content-length", 0)) > most:
        raise refusal
    parts, total = [], 0
    async for part in request.stream():
        total += len(part)
        if total > most:
            raise refusal
        parts.append(part)
    return b"".join(parts)


async def read_json_body(request):
    """Reads a body that is a JSON object.

    Raises:
        BodyError: If it is none, or too large.
    """
    data = await read_body(request, _JSON_BYTES)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BodyError(400, "A body must be a JSON object. Received: something else.")
    return value


def answering(endpoint):
    """Makes an endpoint, a method, answer with JSON, and errors with their sentence."""

    @functools.wraps(endpoint)
    async def answer(self, request):
        try:
            value = await endpoint(self, request)
        except BodyError as error:
            return _failure(error.status, error)
        except KeyError:
            return _failure(404, "There is nothing of that name here (any more).")
        except SinGANError as error:
            return _failure(400, error)
        except OSError as error:
            return _failure(500, f"The system answered {error.strerror!r}.")
        return value if hasattr(value, "status_code") else JSONResponse(value)

    return answer


def _failure(status, error):
    text = " ".join(str(error).split())[:1000]
    return JSONResponse({"error": text}, status_code=status)
