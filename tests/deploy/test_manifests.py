"""The files in deploy/ say what a cluster needs, and fit their formats; nothing is started here."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.support.browsing import ROOT
from tests.support.replicas import CONFIG
from vae.server import health

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
Json = dict[str, Any]


def documents(path: Path) -> list[Json]:
    return [each for each in yaml.safe_load_all(path.read_text("utf-8")) if each]


def kinds() -> Iterator[tuple[str, str]]:
    return ((each["kind"], each["metadata"]["name"]) for path in MANIFESTS for each in documents(path))


def manifest(kind: str, name: str) -> Json:
    (found,) = (e for p in MANIFESTS for e in documents(p) if (e["kind"], e["metadata"]["name"]) == (kind, name))
    return found


def pod(kind: str, name: str) -> Json:
    spec: Json = manifest(kind, name)["spec"]["template"]["spec"]
    return spec


def environment(container: Json) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in container["env"]}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_every_manifest_fits_the_schema_of_its_kind(path: Path) -> None:
    """The newest version's, and of the first that starts a StatefulSet's numbers where it is told."""
    assert documents(path)
    for version in ("1.31", kubernetes_validate.latest_version().rpartition(".")[0]):
        for each in documents(path):
            kubernetes_validate.validate(each, version, strict=True)


def test_kustomize_takes_every_manifest_and_haproxys_files() -> None:
    found = documents(DEPLOY / "kustomization.yaml")[0]
    assert sorted(found["resources"]) == [f"kubernetes/{path.name}" for path in MANIFESTS]
    (generated,) = found["configMapGenerator"]
    assert all((DEPLOY / name).is_file() for name in generated["files"])
    volumes = pod("Deployment", "proxy")["volumes"]
    assert [volume["configMap"]["name"] for volume in volumes if "configMap" in volume] == [generated["name"]]


def test_no_name_stands_for_two_things() -> None:
    assert len(set(kinds())) == len(list(kinds()))


@pytest.mark.parametrize(("kind", "name"), [("StatefulSet", "replica"), ("Deployment", "proxy")])
def test_no_pod_is_root_or_may_write_its_own_files(kind: str, name: str) -> None:
    spec = pod(kind, name)
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] > 0
    assert not spec["automountServiceAccountToken"]
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        assert container["securityContext"] == RESTRICTED
        assert "memory" in container["resources"]["limits"]
        mounts = {mount["name"] for mount in container["volumeMounts"]}
        assert mounts <= {volume["name"] for volume in spec["volumes"]}


def test_labels_find_the_pods_that_they_mean() -> None:
    for kind, name in kinds():
        spec = manifest(kind, name).get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector")
        wanted = selector and selector.get("matchLabels", selector)
        pods = [manifest(*each)["spec"]["template"]["metadata"]["labels"] for each in kinds() if each[0] in POD_KINDS]
        assert not wanted or sum(wanted.items() <= labels.items() for labels in pods) == 1, (kind, name)


POD_KINDS = ("StatefulSet", "Deployment")


def test_every_replica_has_its_number_its_probes_and_the_shared_folder() -> None:
    found = manifest("StatefulSet", "replica")["spec"]
    (app,) = pod("StatefulSet", "replica")["containers"]
    assert found["ordinals"]["start"] == 1
    assert environment(app)["VAE_REPLICA"] == f"$(NUMBER)/{found['replicas']}"
    names = [each["name"] for each in app["env"]]
    assert names.index("NUMBER") < names.index("VAE_REPLICA"), "a variable is put in only where it comes before"
    probes = [app[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")]
    health_path, ready, metrics = health.paths("")
    assert probes == [health_path, health_path, ready]
    annotations = found["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/path"] == metrics
    assert {mount["mountPath"] for mount in app["volumeMounts"]} == {"/data", "/tmp"}
    claim = pod("StatefulSet", "replica")["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert manifest("PersistentVolumeClaim", claim)["spec"]["accessModes"] == ["ReadWriteMany"]
    assert app["readinessProbe"]["timeoutSeconds"] > health.CHECK_SECONDS, "else its sentence is never told"


def test_haproxy_knows_every_replica_wherever_it_runs() -> None:
    replicas = manifest("StatefulSet", "replica")["spec"]
    (proxy,) = pod("Deployment", "proxy")["containers"]
    service = manifest("Service", replicas["serviceName"])
    assert service["spec"]["clusterIP"] == "None"
    port = service["spec"]["ports"][0]["port"]
    for number in range(1, replicas["replicas"] + 1):
        host = f"replica-{number}.{service['metadata']['name']}.$(NAMESPACE).svc.cluster.local:{port}"
        assert environment(proxy)[f"REPLICA_{number}"] == host
    (_, *pages) = re.split(r"^(?:backend|listen) ", CONFIG.read_text("utf-8"), flags=re.MULTILINE)
    backends = {part.split()[0]: re.findall(r"^    server (\w+) \"\$\{(\w+)-", part, re.MULTILINE) for part in pages}
    assert backends.pop("stats") == []
    assert set(backends) == {"pages", *(f"home_{number}" for number in range(1, replicas["replicas"] + 1))}
    assert all(
        found == [(f"r{n}", f"REPLICA_{n}") for n in range(1, replicas["replicas"] + 1)] for found in backends.values()
    )
    assert f"mod({replicas['replicas']})" in CONFIG.read_text("utf-8")


def test_only_haproxy_and_prometheus_reach_the_replicas() -> None:
    rules = manifest("NetworkPolicy", "replicas")["spec"]
    assert rules["podSelector"]["matchLabels"] == manifest("StatefulSet", "replica")["spec"]["selector"]["matchLabels"]
    (rule,) = rules["ingress"]
    assert [list(who) for who in rule["from"]] == [["podSelector"], ["namespaceSelector"]]


# ---- compose ---------------------------------------------------------------------------------------------------------


def compose() -> Json:
    return documents(DEPLOY / "compose.yaml")[0]


def test_compose_starts_two_replicas_that_only_haproxy_reaches() -> None:
    services = compose()["services"]
    replicas = {name: found for name, found in services.items() if name.startswith("replica-")}
    assert [found["environment"]["VAE_REPLICA"] for found in replicas.values()] == ["1/2", "2/2"]
    for name, found in replicas.items():
        assert found["networks"] == ["inside"], name
        assert "ports" not in found, name
        assert found["volumes"] == ["data:/data"], name
        assert found["image"] == services["models"]["image"], name
        assert (DEPLOY / found["build"]["context"] / found["build"]["dockerfile"]).is_file(), "else it would be pulled"
    assert compose()["networks"]["inside"]["internal"]
    addresses = {value.partition(":")[0] for key, value in services["proxy"]["environment"].items() if "REPLICA" in key}
    assert addresses == set(replicas)


def test_no_container_of_compose_may_write_its_own_files() -> None:
    for name, found in compose()["services"].items():
        assert found["read_only"], name
        assert found["cap_drop"] == ["ALL"], name
        assert found["security_opt"] == ["no-new-privileges:true"], name
        for volume in found["volumes"]:
            source = volume.partition(":")[0]
            assert not source.startswith("./") or (DEPLOY / source).is_file(), name


# ---- the image -------------------------------------------------------------------------------------------------------


HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is for Linux on x86-64 here (see requirements-dev.txt)")
def test_hadolint_has_nothing_against_the_dockerfile() -> None:
    command = [str(HADOLINT), "--format", "json", str(DEPLOY / "Dockerfile")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert json.loads(found.stdout) == [], found.stdout


def dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text("utf-8")


def test_the_image_has_all_that_the_app_reads_and_docker_is_sent_no_more() -> None:
    copied = {
        word for line in re.findall(r"^COPY (?!--)(.*) \S+$", dockerfile(), re.MULTILINE) for word in line.split()
    }
    assert all((ROOT / name).exists() for name in copied)
    assert {"app.py", "pages", ".streamlit", "lessons", "checkpoints", "vae"} <= copied
    sent = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {line[1:] for line in sent if line.startswith("!")} == copied


def test_the_image_runs_as_the_user_whom_kubernetes_names_and_writes_to_its_volume() -> None:
    user = re.findall(r"^USER (\d+)$", dockerfile(), re.MULTILINE)
    security = pod("StatefulSet", "replica")["securityContext"]
    assert [int(each) for each in user] == [security["runAsUser"]] == [security["fsGroup"]]
    folders = dict(re.findall(r"(VAE_\w+)=(\S+)", dockerfile()))
    assert set(folders) == {"VAE_CACHE", "VAE_CHECKPOINTS", "VAE_CLASSES", "VAE_DATA_DIR"}
    assert all(folder.startswith("/data/") for folder in folders.values())


def test_the_lock_for_cpus_is_the_apps_own_without_torch_and_cuda() -> None:
    def entries(name: str) -> dict[str, str]:
        return dict(
            re.findall(r"^([\w.-]+)(==[^\n]*(?:\n    --hash\S+(?: \\)?)+)", (ROOT / name).read_text(), re.MULTILINE)
        )

    everything, cpu = entries("requirements.lock"), entries("deploy/requirements-cpu.lock")
    assert cpu.items() <= everything.items(), "run make lock"
    left_out = everything.keys() - cpu.keys()
    assert {"torch", "torchvision", "triton"} <= left_out
    assert all(name.startswith(("torch", "triton", "nvidia-", "cuda-")) for name in left_out)
    pins = re.findall(r"^(?:torch|torchvision)==[0-9.]+$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert len(pins) == 2, "the Dockerfile reads them"
