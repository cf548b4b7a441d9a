"""The client over REST, with the standard library and Pillow alone."""

import base64
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request

from keras_singan.client.addresses import check_token
from keras_singan.client.addresses import rest_address
from keras_singan.client.arguments import real
from keras_singan.client.arguments import whole
from keras_singan.client.bounded_http import AnswerTooLarge
from keras_singan.client.bounded_http import new_opener
from keras_singan.client.bounded_http import read_answer
from keras_singan.client.bounded_http import read_error
from keras_singan.client.failures import error_of
from keras_singan.client.failures import failure_of
from keras_singan.client.replies import read_json
from keras_singan.client.replies import read_metadata
from keras_singan.client.replies import read_predictions
from keras_singan.client.replies import read_status
from keras_singan.client.retries import checked_retries
from keras_singan.client.task_client import TaskClient

TIMEOUT = 150.0
"""Seconds that an answer may take: a little over the server's own limit."""

MAX_ANSWER_MB = 256
"""Most MiB of an answer: what a model may send within its default limits, as JSON."""


class Client(TaskClient):
    """A served model, asked over REST.

    A request is sent again while the server is busy or starting (HTTP 429, 503, a
    connection that is refused), but never after a model may have begun with it.
    A client may be used from several threads.

    Args:
        url: Such as `http://host:8501`, `https://host/prefix`, or that of a
            model, `http://host:8501/v1/models/NAME`.
        model: Name that the server knows the model by; it cannot be asked for
            it. Defaults to the URL's, or `"singan"`.
        version: Its version, or `None` for the newest. Defaults to `None`.
        timeout: Seconds that an answer may take, from connecting to its last byte;
            each attempt has as many. Defaults to `150`.
        retries: How often to try again, or `Retries`. Defaults to `4`.
        token: Sent as `Authorization: Bearer`, or `None`. Defaults to `None`.
        batch_size: Images asked for in one request. Defaults to `8`.
        max_answer_mb: Most MiB of an answer. Defaults to `256`.

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
        max_answer_mb=MAX_ANSWER_MB,
    ):
        most = self._most_answer_mb
        transport = self._new_transport(
            (url, model, version),
            timeout=real("timeout", timeout, 0.001, 86400),
            retries=checked_retries(retries),
            token=check_token(token),
            max_bytes=whole("max_answer_mb", max_answer_mb, 1, most) * 2**20,
        )
        super().__init__(transport, batch_size)

    _most_answer_mb = 2**20

    def _new_transport(self, place, **how):
        """Makes the transport to a URL, model and version."""
        return RestTransport(rest_address(*place), **how)


class RestTransport:
    """Carries rows as JSON: see `TaskClient` for the methods.

    Args:
        address: The model's `Address`.
        timeout: Seconds that an answer may take.
        retries: `Retries`.
        token: Bearer token, or `None`.
        max_bytes: Most bytes of an answer.
    """

    def __init__(self, address, timeout, retries, token, max_bytes):
        self.server, self.model = address.server, address.model
        self._address, self._timeout, self._retries = address, timeout, retries
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._max_bytes = max_bytes
        proxies = _proxies(address)
        self._proxy = _host_of(proxies.get(address.server.partition(":")[0]))
        self._opener = new_opener(max_bytes, proxies)

    def predict(self, signature, rows):
        """Returns each row's image as `bytes`, or its frames as a list of them."""
        instances = [_instance(row) for row in rows]
        body = json.dumps({"signature_name": signature, "instances": instances})
        answer = self._ask(":predict", body.encode())
        return read_predictions(self._address, answer, len(rows))

    def status(self):
        """Returns the versions: see `TaskClient.status`."""
        return read_status(self.server, self._ask(""))

    def metadata(self):
        """Returns the signatures: see `TaskClient.metadata`."""
        return read_metadata(self.server, self._ask("/metadata"))

    def close(self):
        """Does nothing: every request has a connection of its own."""

    def _ask(self, action, body=None):
        """Sends a GET, or a POST where there is a body; returns the parsed JSON."""
        return self._retries.call(lambda: self._send(action, body))

    def _send(self, action, body):
        headers = {"Content-Type": "application/json"} | self._headers
        request = urllib.request.Request(self._address.path + action, body, headers)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                if (response.length or 0) > self._max_bytes:
                    raise AnswerTooLarge(f"{response.length} bytes")
                answer = read_answer(response)
                return read_json(self._address, response.status, answer)
        except urllib.error.HTTPError as error:
            with error:
                answer = read_error(error)
            sent = 0 if body is None else len(body)
            raise error_of(
                self._address, error.code, error.headers, answer, sent, self._proxy
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise failure_of(
                self._address, self._timeout, error, self._max_bytes, self._proxy
            ) from error


def _proxies(address):
    """Returns the proxies to use, by scheme: those of the environment, if any."""
    host = urllib.parse.urlsplit(address.server).netloc
    if address.is_local or urllib.request.proxy_bypass(host):
        return {}
    return urllib.request.getproxies()


def _host_of(proxy):
    """Returns host and port of a proxy's URL, without its password."""
    if not proxy:
        return None
    url = proxy if "://" in proxy else f"//{proxy}"
    return urllib.parse.urlsplit(url).netloc.rpartition("@")[2]


def _instance(row):
    """Returns a row as JSON: a signature of one input takes its bare value."""
    values = {name: _json_value(value) for name, value in row.items()}
    if len(values) > 1:
        return values
    (value,) = values.values()
    return value


def _json_value(value):
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode("ascii")}
    return value
