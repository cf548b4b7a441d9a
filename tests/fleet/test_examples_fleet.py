"""The manifests and scripts of examples/fleet/: read as their readers read them."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from keras_singan.cli.commands.fleet import fleet

FOLDER = Path(__file__).parents[2] / "examples" / "fleet"
# Fields of KubeRay's ray.io/v1 that the manifests use, of those it has.
CLUSTER = {"rayVersion", "enableInTreeAutoscaling", "autoscalerOptions"}
CLUSTER |= {"headGroupSpec", "workerGroupSpecs", "suspend", "managedBy"}
HEAD = {"rayStartParams", "template", "serviceType", "enableIngress", "headService"}
WORKERS = {"groupName", "replicas", "minReplicas", "maxReplicas", "rayStartParams"}
WORKERS |= {"template", "idleTimeoutSeconds", "numOfHosts", "scaleStrategy", "suspend"}
JOB = {"entrypoint", "backoffLimit", "shutdownAfterJobFinishes", "rayClusterSpec"}
JOB |= {"ttlSecondsAfterFinished", "activeDeadlineSeconds", "jobId", "metadata"}
JOB |= {"runtimeEnvYAML", "submissionMode", "suspend", "clusterSelector"}
CONTAINER = {"name", "image", "resources", "envFrom", "env", "ports", "lifecycle"}


def manifest(name):
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def cluster_of(name):
    values = manifest(name)
    assert values["apiVersion"] == "ray.io/v1"
    assert re.fullmatch(
        r"[a-z0-9]([a-z0-9-]{0,45}[a-z0-9])?", values["metadata"]["name"]
    )
    spec = values["spec"]
    if values["kind"] == "RayJob":
        assert set(spec) <= JOB
        return spec["rayClusterSpec"]
    assert values["kind"] == "RayCluster"
    return spec


@pytest.mark.parametrize("name", ["rayjob.yaml", "raycluster.yaml"])
def test_a_manifest_has_the_fields_that_kuberay_knows(name):
    spec = cluster_of(name)
    assert set(spec) <= CLUSTER
    assert set(spec["headGroupSpec"]) <= HEAD
    for group in spec["workerGroupSpecs"]:
        assert set(group) <= WORKERS
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        # KubeRay wants texts, and hands them to `ray start`.
        assert all(isinstance(v, str) for v in group["rayStartParams"].values())
        (container,) = group["template"]["spec"]["containers"]
        assert set(container) <= CONTAINER
        # Ray takes a pod's cores and memory from its limits.
        assert {"cpu", "memory"} <= set(container["resources"]["limits"])
        assert container["resources"]["limits"] == container["resources"]["requests"]


def commands(text):
    """Yields the arguments of each `keras-singan fleet` in a text."""
    for line in re.sub(r"\\\n[#\s]*", " ", text).splitlines():
        line = line.strip(" #")
        if line.startswith("keras-singan fleet "):
            yield shlex.split(line.rstrip("& "))[2:]


def test_every_command_that_is_shown_is_one():
    texts = [manifest("rayjob.yaml")["spec"]["entrypoint"]]
    for path in FOLDER.iterdir():
        lines = path.read_text("utf-8").splitlines()
        # Of a manifest only its comments are lines that one types.
        typed = [x for x in lines if path.suffix != ".yaml" or x.startswith("#")]
        texts.append("\n".join(typed))
    shown = [command for text in texts for command in commands(text)]
    assert len(shown) >= 7
    for command in shown:
        command = [word for word in command if word != "$@"]
        name = command[0] if command[0] in ("status", "retry") else "run"
        arguments = command[1:] if command[0] == name else command
        context = fleet.commands[name].make_context(name, list(arguments))
        assert context.params["place"]


def test_a_photo_fits_on_a_worker():
    group = cluster_of("rayjob.yaml")["workerGroupSpecs"][0]
    (container,) = group["template"]["spec"]["containers"]
    (command,) = commands(manifest("rayjob.yaml")["spec"]["entrypoint"])
    cores = int(command[command.index("--cpus-per-photo") + 1])
    assert cores <= int(container["resources"]["limits"]["cpu"])


def test_the_slurm_script_is_shell_and_wants_its_arguments():
    script = FOLDER / "slurm.sh"
    subprocess.run(["bash", "-n", script], check=True)
    done = subprocess.run(["bash", script], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: sbatch slurm.sh INPUT PLACE")


def test_the_readme_is_short():
    assert len((FOLDER / "README.md").read_text("utf-8").splitlines()) <= 24
    assert CliRunner().invoke(fleet, ["--help"]).exit_code == 0
