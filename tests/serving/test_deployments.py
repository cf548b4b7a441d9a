"""compose.yaml and kubernetes.yaml: they run the same, and all their parts fit."""

import re
import shutil
import subprocess

import pytest
from support.deployment_files import SERVING
from support.deployment_files import compose
from support.deployment_files import container
from support.deployment_files import documents
from support.deployment_files import flags
from support.deployment_files import kubernetes
from support.deployment_files import number
from support.deployment_files import text
from support.fake_serving import fake_server

from keras_singan.client.rest_client import TIMEOUT
from keras_singan.task_specs import DEFAULT_MODEL

CONFIGS = ("models.config", "monitoring.config", "batching_parameters.txt")


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


def test_the_readme_names_every_version_that_loaded_the_export():
    tag = re.search(r":-(.*)}", compose()["services"]["serving"]["image"])[1]
    assert f"| {tag} |" in text("README.md")
    readme = (SERVING.parent / "README.md").read_text("utf-8")
    assert f"tensorflow/serving:{tag}\n" in readme
    for name in ("compose.yaml", "compose.gpu.yaml"):
        assert text(name).count("SERVING_TAG:-") == 1


def test_every_image_has_one_version_in_a_variable():
    for name, service in compose()["services"].items():
        assert re.search(r":\$\{[A-Z]+_TAG:-v?\d+\.\d+", service["image"]), name


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
    assert "ports" not in compose()["services"]["serving"]
    local = documents("compose.local.yaml")[0]["services"]["serving"]
    for port in local["ports"]:
        assert port.startswith("127.0.0.1:"), "neither port knows tokens"


def test_long_requests_over_rest_do_not_make_a_pod_look_dead():
    target = container()["startupProbe"]["httpGet"]
    assert target == {"path": f"/v1/models/{DEFAULT_MODEL}", "port": "rest"}
    assert flags(container()["args"])["enable_grpc_healthcheck_service"] == "true"
    for probe in ("readinessProbe", "livenessProbe"):
        assert container()[probe]["grpc"] == {"port": 8500}


def test_the_server_reaches_nothing():
    policy = kubernetes()["NetworkPolicy"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"] and policy["egress"] == []
    networks = compose()["networks"]
    assert networks["inside"] == {"internal": True}
    services = compose()["services"]
    for name in ("serving", "prometheus"):
        assert services[name]["networks"] == ["inside"]
    for name in ("proxy", "grafana"):
        assert services[name]["networks"] == ["inside", "outside"]


def test_nothing_has_privileges_or_endless_memory():
    for name, service in compose()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"] and service["pids_limit"], name
    assert not compose()["services"]["serving"]["user"].startswith("0")
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
    with fake_server() as server:
        port = server.url.rpartition(":")[2]
        command = command.replace("8501", port)
        assert subprocess.run([*shell, command]).returncode == 0
        other = command.replace(DEFAULT_MODEL, "other")
        assert subprocess.run([*shell, other]).returncode != 0
    gone = subprocess.run([*shell, command], stderr=subprocess.DEVNULL)
    assert gone.returncode != 0
