"""A small stand-in for the HTTP API of the Hugging Face hub, in this process."""

import base64
import contextlib
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer

TOKEN = "hf_secret"


class StandIn:
    """Repositories in memory.

    Attributes:
        commits: Dictionary from `user/name` to a list of (commit, files).
        requests: List of (method, path) of all requests.
        fail: A status code that every request gets, or `None`.
    """

    def __init__(self):
        self.commits, self.requests, self.fail = {}, [], None

    def commit(self, repository, files):
        """Adds a commit; gives its identifier."""
        history = self.commits.setdefault(repository, [])
        files = (history[-1][1] if history else {}) | files
        name = hashlib.sha1(f"{repository}{len(history)}".encode()).hexdigest()
        history.append((name, files))
        return name

    def find(self, repository, revision):
        """Gives (commit, files) of a revision, or `None`."""
        history = self.commits.get(repository, [])
        if revision == "main":
            return history[-1] if history else None
        return next((entry for entry in history if entry[0] == revision), None)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        self._answer(self._get)

    do_HEAD = do_GET

    def do_POST(self):
        self._answer(self._post)

    def _answer(self, act):
        hub = self.server.hub
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        hub.requests.append((self.command, self.path))
        if hub.fail:
            return self._send(hub.fail, {"error": "down for now"})
        return act(hub, self.path.partition("?")[0], body)

    def _get(self, hub, path, body):
        api = re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if not api and not file:
            return self._send(404, {})
        repository, revision = (api or file)[1], (api or file)[2] or "main"
        if repository not in hub.commits:
            return self._send(404, {}, **{"X-Error-Code": "RepoNotFound"})
        found = hub.find(repository, revision)
        if found is None:
            return self._send(404, {}, **{"X-Error-Code": "RevisionNotFound"})
        if api:
            return self._send(200, {"id": repository, "sha": found[0], "siblings": []})
        if file[3] not in found[1]:
            headers = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": found[0]}
            return self._send(404, {}, **headers)
        data = found[1][file[3]]
        tag = f'"{hashlib.sha1(data).hexdigest()}"'
        return self._send(200, data, **{"ETag": tag, "X-Repo-Commit": found[0]})

    def _post(self, hub, path, body):
        if path == "/api/validate-yaml":
            return self._send(200, {"errors": [], "warnings": []})
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(401, {"error": "Invalid username or password."})
        if path == "/api/repos/create":
            values = json.loads(body)
            name = values["name"]
            if "/" not in name:
                name = f"{values['organization']}/{name}"
            if not hub.commits.get(name):
                hub.commit(name, {".gitattributes": b""})
            return self._send(
                200, {"url": f"{self.server.address}/{name}", "name": name}
            )
        pre = re.fullmatch(r"/api/models/([^/]+/[^/]+)/preupload/main", path)
        if pre:
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
                for f in json.loads(body)["files"]
            ]
            return self._send(200, {"files": files})
        commit = re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/main", path)
        if commit:
            lines = [json.loads(line) for line in body.splitlines()]
            files = {
                line["value"]["path"]: base64.b64decode(line["value"]["content"])
                for line in lines
                if line["key"] == "file"
            }
            name = hub.commit(commit[1], files)
            url = f"{self.server.address}/{commit[1]}/commit/{name}"
            return self._send(
                200, {"success": True, "commitOid": name, "commitUrl": url}
            )
        return self._send(404, {})

    def _send(self, status, content, **headers):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


@contextlib.contextmanager
def running_hub():
    """Runs a `StandIn`; gives it and its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.hub, server.daemon_threads = StandIn(), True
    server.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.hub, server.address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
