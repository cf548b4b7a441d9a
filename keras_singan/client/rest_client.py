"""The client over REST, with the standard library and Pillow alone."""

import base64
import http.client
import json
import urllib.error
import urllib.request

from keras_singan.client.addresses import check_token
from keras_singan.client.addresses import rest_address
from keras_singan.client.arguments import real
from keras_singan.client.failures import error_of
from keras_singan.client.failures import failure_of
from keras_singan.client.replies import read_json
from keras_singan.client.replies import read_metadata
from keras_singan.client.replies import read_predictions
from keras_singan.client.replies import read_status
from keras_singan.client.retries import checked_retries
from keras_singan.client.task_client import TaskClient

TIMEOUT = 150.0
"""Seconds without a word from the server: a little over the server's own limit."""


class Client(TaskClient):
    """A served model, asked over REST.

    Requests are sent again while the server is busy or starting (HTTP 429, 502,
    503, connection refused): a row's result depends on the row alone. It may be
    used from several threads.

    Args:
        url: Such as `http://host:8501`, `https://host/prefix`, or that of a
            model, `http://host:8501/v1/models/NAME`.
        model: Name that the server knows the model by; it cannot be asked for
            it. Defaults to the URL's, or `"singan"`.
        version: Its version, or `None` for the newest. Defaults to `None`.
        timeout: Seconds without a word from the server. Defaults to `150`.
        retries: How often to try again, or `Retries`. Defaults to `4`.
        token: Sent as `Authorization: Bearer`, or `None`. Defaults to `None`.
        batch_size: Images asked for in one request. Defaults to `8`.

    Raises:
        TaskError: If an argument is not as above.

    Certificates of a private authority are found through `SSL_CERT_FILE`, and
    proxies through `https_proxy` and its like.
    """

    def __init__(
        self,
        url,
        model=None,
        *,
        version=None,
        timeout=TIMEOUT,
        retries=4,
        token=None,
        batch_size=8,
    ):
        address = rest_address(url, model, version)
        timeout = real("timeout", timeout, 0.001, 86400)
        transport = RestTransport(
            address, timeout, checked_retries(retries), check_token(token)
        )
        super().__init__(transport, batch_size)


class RestTransport:
    """Carries rows as JSON: see `TaskClient` for the methods.

    Args:
        address: The model's `Address`.
        timeout: Seconds without a word from the server.
        retries: `Retries`.
        token: Bearer token, or `None`.
    """

    def __init__(self, address, timeout, retries, token):
        self.server, self.model = address.server, address.model
        self._address, self._timeout, self._retries = address, timeout, retries
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        # No redirects: one would make a GET of a POST, or carry the token away.
        handlers = [_NoRedirect()]
        if address.is_local:
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def predict(self, signature, rows):
        """Gives each row's image as `bytes`, or its frames as a list of them."""
        instances = [_instance(row) for row in rows]
        body = json.dumps({"signature_name": signature, "instances": instances})
        answer = self._ask(":predict", body.encode())
        return read_predictions(self._address, answer, len(rows))

    def status(self):
        """Gives the versions: see `TaskClient.status`."""
        return read_status(self.server, self._ask(""))

    def metadata(self):
        """Gives the signatures: see `TaskClient.metadata`."""
        return read_metadata(self.server, self._ask("/metadata"))

    def close(self):
        """Does nothing: every request has a connection of its own."""

    def _ask(self, action, body=None):
        """Sends a GET, or a POST where there is a body; gives the parsed JSON."""
        return self._retries.call(lambda: self._send(action, body))

    def _send(self, action, body):
        headers = {"Content-Type": "application/json"} | self._headers
        request = urllib.request.Request(self._address.path + action, body, headers)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return read_json(self._address, response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                answer = _read_error(error)
            sent = 0 if body is None else len(body)
            raise error_of(
                self._address, error.code, error.headers, answer, sent
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise failure_of(self._address, self._timeout, error) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *unused):
        return None


def _instance(row):
    """Gives a row as JSON: a signature of one input takes its bare value."""
    values = {name: _json_value(value) for name, value in row.items()}
    if len(values) > 1:
        return values
    (value,) = values.values()
    return value


def _json_value(value):
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode("ascii")}
    return value


def _read_error(error):
    try:
        return error.read()
    except (OSError, http.client.HTTPException):
        return b""
