"""The configs of the server, of Prometheus and of Grafana."""

import json
import re
from pathlib import Path

import pytest
from support.deployment_files import compose
from support.deployment_files import documents
from support.deployment_files import number
from support.deployment_files import text

from keras_singan.client import Client
from keras_singan.server.settings import ServeSettings
from keras_singan.task_specs import DEFAULT_MODEL


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


def test_the_largest_body_is_one_number_for_every_reader():
    most = number(r"client_max_body_size (\d+)m;", "nginx.conf")
    assert f"A request must be of at most {most} MB." in text("nginx.conf")
    readme = " ".join(text("README.md").split())
    assert f"predictions of up to {most} MB" in readme
    own = f"`keras-singan serve` alone takes {ServeSettings().max_body_mb:g} MB"
    assert own in readme and f"`--max-body-mb {most}`" in readme
