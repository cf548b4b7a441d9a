import getpass
import http.client
import json
import re
import runpy
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.fake_serving import INPUTS
from support.fake_serving import Answer
from support.fake_serving import refused
from support.fake_serving import running

from keras_singan.client import Client
from keras_singan.client.rest_client import TIMEOUT
from keras_singan.client.task_client import DEFAULT_MODEL

SERVING = Path(__file__).parents[2] / "serving"
SMOKE_TEST = SERVING / "smoke_test.py"
CONFIGS = ("models.config", "monitoring.config", "batching_parameters.txt")


def text(name):
    return (SERVING / name).read_text("utf-8")


def documents(name):
    """Gives the documents of a YAML file."""
    yaml = pytest.importorskip("yaml")
    return list(yaml.safe_load_all(text(name)))


def compose():
    return documents("compose.yaml")[0]


def kubernetes():
    """Gives the objects by their kind."""
    return {document["kind"]: document for document in documents("kubernetes.yaml")}


def container():
    (found,) = kubernetes()["Deployment"]["spec"]["template"]["spec"]["containers"]
    return found


def flags(arguments):
    """Gives `--name=value` as a dict."""
    return dict(x.removeprefix("--").split("=", 1) for x in arguments)


def number(pattern, name):
    """Gives the number that a pattern finds in a file."""
    return int(re.search(pattern, text(name))[1])


# Every file parses.


def test_the_models_are_a_config_of_tensorflow_serving():
    pytest.importorskip("tensorflow_serving")
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse(text("models.config"), config)
    (model,) = config.model_config_list.config
    assert model.name == DEFAULT_MODEL
    assert model.base_path == f"/models/{DEFAULT_MODEL}"
    assert model.model_platform == "tensorflow"
    assert model.model_version_policy.latest.num_versions == 1


# The published package has no classes for these two messages: their fields, by
# monitoring_config.proto and session_bundle_config.proto.
SCHEMAS = {
    "monitoring.config": {
        "PrometheusConfig": [("bool", "enable"), ("string", "path")],
        "Root": [("PrometheusConfig", "prometheus_config")],
    },
    "batching_parameters.txt": {
        "Value": [("int64", "value")],
        "Root": [
            ("Value", "max_batch_size"),
            ("Value", "batch_timeout_micros"),
            ("Value", "max_enqueued_batches"),
            ("Value", "num_batch_threads"),
        ],
    },
}


def parsed(name):
    """Parses a text proto by its schema."""
    text_format = pytest.importorskip("google.protobuf.text_format")
    from google.protobuf import descriptor_pb2
    from google.protobuf import descriptor_pool
    from google.protobuf import message_factory

    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", syntax="proto3")
    types = {"bool": "TYPE_BOOL", "string": "TYPE_STRING", "int64": "TYPE_INT64"}
    for message, fields in SCHEMAS[name].items():
        new = file.message_type.add(name=message)
        for count, (kind, field) in enumerate(fields, 1):
            new.field.add(
                name=field,
                number=count,
                label="LABEL_OPTIONAL",
                type=types.get(kind, "TYPE_MESSAGE"),
                type_name=None if kind in types else kind,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("Root"))
    return text_format.Parse(text(name), kind())


def test_monitoring_is_on_where_prometheus_looks():
    config = parsed("monitoring.config").prometheus_config
    assert config.enable
    (job,) = documents("prometheus.yaml")[0]["scrape_configs"]
    assert job["metrics_path"] == config.path == "/monitoring/prometheus/metrics"
    assert job["static_configs"] == [{"targets": ["serving:8501"]}]


def test_a_clients_request_fits_into_a_batch():
    config = parsed("batching_parameters.txt")
    assert config.max_batch_size.value >= Client("http://host").batch_size
    assert config.batch_timeout_micros.value == 0
    # Waiting requests hold threads: the advice must leave some for the refusal.
    most = config.num_batch_threads.value + config.max_enqueued_batches.value
    assert number(r"--rest_api_num_threads=(\d+)", "batching_parameters.txt") > most
    assert number(r"- --rest_api_num_threads=(\d+)", "README.md") > most


def test_batching_is_off():
    assert not any(
        "enable_batching" in flag
        for flag in compose()["services"]["serving"]["command"]
    )
    assert "enable_batching" not in text("kubernetes.yaml")


def test_the_dashboard_asks_for_metrics_that_are_there():
    dashboard = json.loads(text("grafana/dashboard.json"))
    queries = [
        target["expr"] for panel in dashboard["panels"] for target in panel["targets"]
    ]
    asked = set(re.findall(r":tensorflow:serving:(\w+)", " ".join(queries)))
    histograms = {
        f"{name}_{part}"
        for name in ("request_latency", "runtime_latency")
        for part in ("bucket", "sum", "count")
    }
    assert asked <= {"request_count"} | histograms
    assert {
        "request_count",
        "request_latency_bucket",
        "runtime_latency_bucket",
    } <= asked
    for query in queries:
        for left, right in ("()", "{}", "[]"):
            assert query.count(left) == query.count(right), query
    places = [tuple(panel["gridPos"].values()) for panel in dashboard["panels"]]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)
    assert len(set(places)) == len(places)


def test_grafana_finds_prometheus_and_the_dashboard():
    services = compose()["services"]
    (source,) = documents("grafana/provisioning/datasources/prometheus.yaml")[0][
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"
    (provider,) = documents("grafana/provisioning/dashboards/singan.yaml")[0][
        "providers"
    ]
    mounts = [mount.split(":")[1] for mount in services["grafana"]["volumes"]]
    folder = Path(provider["options"]["path"])
    assert folder / "singan.json" in map(Path, mounts)


# They agree with each other.


def test_what_is_mounted_is_there():
    for name, service in compose()["services"].items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("./"):
                assert (SERVING / source).exists(), f"{name}: {source}"


def test_the_server_finds_its_files_and_models():
    serving = compose()["services"]["serving"]
    targets = {mount.split(":")[-2] for mount in serving["volumes"]}
    assert targets == {"/models", *(f"/config/{name}" for name in CONFIGS)}
    found = flags(serving["command"])
    assert found["model_config_file"] in targets
    assert found["monitoring_config_file"] in targets
    assert f"/v1/models/{DEFAULT_MODEL} " in serving["healthcheck"]["test"][-1]


def test_kubernetes_runs_what_compose_runs():
    serving = compose()["services"]["serving"]
    assert flags(container()["args"]) == flags(serving["command"])
    tag = re.search(r":-(.*)}", serving["image"])[1]
    assert container()["image"] == f"tensorflow/serving:{tag}"
    gpu = documents("compose.gpu.yaml")[0]["services"]["serving"]
    assert gpu["image"] == f"{serving['image']}-gpu"
    assert f"tensorflow/serving:{tag}\n" in text("README.md")


def test_the_servers_release_is_that_of_the_package():
    project = (SERVING.parent / "pyproject.toml").read_text("utf-8")
    least = re.search(r'"tensorflow>=([\d.]+),', project)[1]
    assert f"{{SERVING_TAG:-{least}." in text("compose.yaml")


def test_kubernetes_holds_the_same_configs():
    data = kubernetes()["ConfigMap"]["data"]
    assert set(data) == {"models.config", "monitoring.config"}
    for name, value in data.items():
        assert value.rstrip() == text(name).rstrip()


def test_kubernetes_objects_find_each_other():
    objects = kubernetes()
    assert set(objects) == {
        *("ConfigMap", "PersistentVolumeClaim", "Deployment", "Service"),
        *("HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"),
    }
    deployment = objects["Deployment"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert objects["Service"]["spec"]["selector"] == labels
    assert objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    scaled = objects["HorizontalPodAutoscaler"]["spec"]
    assert scaled["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    # At least one more than must stay, so that a node can be emptied.
    assert (
        scaled["minReplicas"] > objects["PodDisruptionBudget"]["spec"]["minAvailable"]
    )
    volumes = {x["name"]: x for x in deployment["spec"]["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container()["volumeMounts"]} == set(volumes)
    claim = volumes["models"]["persistentVolumeClaim"]["claimName"]
    assert claim == objects["PersistentVolumeClaim"]["metadata"]["name"]
    config = volumes["config"]["configMap"]["name"]
    assert config == objects["ConfigMap"]["metadata"]["name"]


def test_ports_are_tensorflow_servings():
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}
    assert ports == {"rest": 8501, "grpc": 8500}
    served = {x["name"]: x["port"] for x in kubernetes()["Service"]["spec"]["ports"]}
    assert served == ports
    for port in compose()["services"]["serving"]["ports"]:
        assert port.startswith("127.0.0.1:"), "neither port knows tokens"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        target = container()[probe]["httpGet"]
        assert target == {"path": f"/v1/models/{DEFAULT_MODEL}", "port": "rest"}


def test_the_server_has_no_privileges():
    serving = compose()["services"]["serving"]
    assert serving["read_only"] is True
    assert serving["cap_drop"] == ["ALL"]
    assert not serving["user"].startswith("0")
    pod = kubernetes()["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container()["securityContext"]["readOnlyRootFilesystem"] is True
    assert container()["securityContext"]["allowPrivilegeEscalation"] is False


def test_time_limits_grow_outwards():
    server = number(r"--rest_api_timeout_in_ms=(\d+)", "compose.yaml") / 1000
    proxy = number(r"proxy_read_timeout (\d+)s;", "nginx.conf")
    assert server < proxy < TIMEOUT
    pod = kubernetes()["Deployment"]["spec"]["template"]["spec"]
    assert server < pod["terminationGracePeriodSeconds"]


def test_the_healthcheck_sees_a_model_and_misses_one():
    *shell, command = compose()["services"]["serving"]["healthcheck"]["test"][1:]
    if shutil.which(shell[0]) is None:
        pytest.skip("no bash")
    with running() as server:
        port = server.url.rpartition(":")[2]
        command = command.replace("8501", port)
        assert subprocess.run([*shell, command]).returncode == 0
        other = command.replace(DEFAULT_MODEL, "other")
        assert subprocess.run([*shell, other]).returncode != 0
    gone = subprocess.run([*shell, command], stderr=subprocess.DEVNULL)
    assert gone.returncode != 0


# The smoke test.


def smoke_test(url, *options):
    """Runs it without the package; gives the exit code and the lines."""
    done = subprocess.run(
        [sys.executable, "-I", SMOKE_TEST, url, *options],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def failures(lines):
    return [line for line in lines if line.startswith("FAIL")]


def test_the_smoke_test_passes_where_all_is_well():
    with running() as server:
        code, lines = smoke_test(server.url)
    assert failures(lines) == []
    assert (code, lines[-1]) == (0, "All checks passed")
    for name in (*INPUTS, "serving_default"):
        assert any(line.startswith(f"ok    {name}: ") for line in lines)
    assert sum(line.startswith("ok    refused: ") for line in lines) >= 15


def test_the_smoke_test_sends_the_token():
    with running() as server:
        server.token = "abc"
        assert smoke_test(server.url, "--token", "abc")[0] == 0
        code, lines = smoke_test(server.url)
    assert code == 1
    assert "HTTP 401" in failures(lines)[0]


def test_the_smoke_test_needs_a_model_of_that_name():
    with running() as server:
        code, lines = smoke_test(server.url, "--model", "other")
    assert code == 1
    assert "HTTP 404" in failures(lines)[0]


def test_the_smoke_test_needs_a_server():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code, lines = smoke_test(f"http://127.0.0.1:{port}")
    assert code == 1
    assert "no answer" in failures(lines)[0]


@pytest.mark.parametrize(
    "broken, name",
    [
        # What the server of the tests does instead, and the check that sees it.
        ({"predict_row": lambda *_: {"b64": "AAAA"}}, "sample: no PNG"),
        ({"predict_row": lambda *_: 1.0}, "sample: no b64"),
        ({"predict": lambda *_: []}, "sample: 0 predictions"),
        ({"predict": lambda *_: [{"b64": ""}]}, "refused: no rows: HTTP 200"),
        ({"predict": None}, "sample: no answer"),
    ],
)
def test_the_smoke_test_sees_what_is_broken(broken, name, monkeypatch):
    with running() as server:
        for method, instead in broken.items():
            if instead is None:
                # An exception in its thread: the connection closes.
                monkeypatch.setattr(
                    "socketserver.BaseServer.handle_error", lambda *_: None
                )
            monkeypatch.setattr(server, method, instead)
        code, lines = smoke_test(server.url)
    assert code == 1
    assert any(name in line for line in failures(lines)), lines


def test_the_smoke_test_sees_a_server_that_stopped():
    with running() as server:
        right = server.answer

        def stop_at_a_gif(method, path, headers, body):
            if b"R0lGODlh" in body:
                server.answer = lambda *_: Answer(503)
            return right(method, path, headers, body)

        server.answer = stop_at_a_gif
        code, lines = smoke_test(server.url)
    assert code == 1
    assert any("status afterwards: HTTP 503" in line for line in failures(lines))


@pytest.mark.parametrize("channels, shape", [(4, [64, 48, 4]), (-1, [64, 48, 3])])
def test_the_smoke_test_knows_float_signatures(channels, shape):
    test = runpy.run_path(str(SMOKE_TEST))

    def tensor(*sides):
        dim = [{"size": str(side)} for side in sides]
        return {"dtype": "DT_FLOAT", "tensor_shape": {"dim": dim}}

    inputs = {"images": tensor(-1, -1, -1, -1), "masks": tensor(-1, -1, -1)}
    outputs = {"images": tensor(-1, -1, -1, channels)}
    row = test["row_for"]({"inputs": inputs, "outputs": outputs})
    assert test["shape_of"](row["images"]) == shape
    assert test["shape_of"](row["masks"]) == [64, 48]
    assert {value for line in row["masks"] for value in line} == {-1, 1}


# The proxy.


@pytest.fixture
def proxy(tmp_path):
    """Runs nginx.conf before a server; gives both, and the certificate's path."""
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if not nginx or not openssl:
        pytest.skip("needs nginx and openssl")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", tmp_path / "tls_key", "-out", tmp_path / "tls_certificate"),
        ],
        check=True,
        capture_output=True,
    )
    (tmp_path / "tokens").write_text('"Bearer abc" alice;\n"Bearer xyz" bob;\n')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with running() as server:
        changes = {
            "/run/secrets/": f"{tmp_path}/",
            "serving:8501": server.url.removeprefix("http://"),
            "listen 8443": f"listen 127.0.0.1:{port}",
            "/tmp/": f"{tmp_path}/",
            "/dev/stdout": f"{tmp_path}/access.log",
            "/dev/stderr": f"{tmp_path}/error.log",
        }
        # Longest first: the folder of the tests is itself in /tmp.
        pattern = "|".join(map(re.escape, changes))
        config = re.sub(pattern, lambda found: changes[found[0]], text("nginx.conf"))
        (tmp_path / "nginx.conf").write_text(config)
        command = [nginx, "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        # pytest's folders are closed to the user that nginx would take.
        process = subprocess.Popen(
            [*command, "-g", f"daemon off; user {getpass.getuser()};"]
        )
        try:
            wait_for(port)
            yield f"https://localhost:{port}", server, tmp_path
        finally:
            process.terminate()
            process.wait(10)


def wait_for(port):
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("nginx did not start")


def test_the_proxy_lets_through_who_has_a_token(proxy, monkeypatch):
    url, server, folder = proxy
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls_certificate"))
    assert len(Client(url, token="abc").sample(2)) == 2
    assert Client(url, token="xyz").status()[0]["state"] == "AVAILABLE"
    assert Client(url, token="xyz").metadata()["name"] == "singan"
    assert all("Authorization" not in headers for _, _, headers in server.seen)
    assert "abc" not in (folder / "access.log").read_text()
    count = len(server.seen)
    for token in (None, "wrong", "ab", "abcd"):
        assert "token" in refused(Client(url, token=token).status)
    assert len(server.seen) == count


def test_the_proxy_shows_nothing_else(proxy):
    url, server, folder = proxy
    context = ssl.create_default_context(cafile=str(folder / "tls_certificate"))
    assert ask(url, "/v1/models/singan", context)[0] == 200
    count = len(server.seen)
    for path in (
        "/monitoring/prometheus/metrics",
        "/",
        "/v1/models",
        "/v1/models/singan:classify",
        "/v1/models/singan/../../x",
        "/V1/models/singan",
    ):
        status, body = ask(url, path, context)
        assert (status, list(json.loads(body))) == (404, ["error"]), path
    status, body = ask(url, "/v1/models/singan", context, method="DELETE")
    assert (status, list(json.loads(body))) == (405, ["error"])
    assert len(server.seen) == count


def ask(url, path, context, method="GET", body=None):
    connection = http.client.HTTPSConnection(
        url.removeprefix("https://"), context=context
    )
    try:
        connection.request(method, path, body, {"Authorization": "Bearer abc"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_proxy_bounds_bodies_and_rates(proxy, monkeypatch):
    url, server, folder = proxy
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls_certificate"))
    context = ssl.create_default_context(cafile=str(folder / "tls_certificate"))
    path = "/v1/models/singan:predict"
    try:
        status, body = ask(url, path, context, "POST", bytes(33 * 2**20))
        assert (status, list(json.loads(body))) == (413, ["error"])
    except OSError:
        # It hung up before all was sent, which is as good.
        pass
    assert server.seen == []
    codes = [ask(url, "/v1/models/singan", context)[0] for _ in range(40)]
    assert set(codes) == {200, 429}
    text = refused(Client(url, token="abc", retries=0).status)
    assert "5 requests a second" in text
    assert Client(url, token="abc").status()[0]["version"] == 1


def test_the_proxy_tells_that_the_server_is_gone(proxy, monkeypatch):
    url, server, folder = proxy
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls_certificate"))
    server.script = [lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)]
    text = refused(Client(url, token="abc", retries=0).status)
    assert "starting, or restarting" in text
