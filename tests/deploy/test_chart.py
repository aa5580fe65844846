"""The Helm chart, rendered by Helm's own engine and compared with Kubernetes' schemas."""

import pytest
import yaml

from tests.deploy.manifests import (
    DEPLOY,
    SERVICES,
    Json,
    list_pod_environment,
    read_image_environment,
)
from toonbooth.gallery.settings import read_settings as read_gallery_settings
from toonbooth.studio.origins import find_trusted_origin, read_address, read_image_url
from toonbooth.studio.settings import read_settings as read_studio_settings

helm = pytest.importorskip("helm_python", reason="run `make operators`")
kubernetes = pytest.importorskip("kubernetes_validate", reason="run `make operators`")

KUBERNETES = ("1.29.0", "1.37.0")
"""The oldest that the chart names, and the newest that there are schemas of."""

LEAST: Json = {
    "secrets": {
        "databaseUrl": "postgresql+asyncpg://user:password@db/toonbooth",
        "signingKeys": "a-key-for-tests",
        "studioToken": "a-token-for-tests",
        "bucket": {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"},
    },
    "blobs": {"url": "s3://photos"},
}
MOST: Json = LEAST | {
    "blobs": {"url": "s3://photos", "environment": {"AWS_REGION": "eu-central-1"}},
    "ingress": {"enabled": True, "className": "nginx", "host": "photos.example.org", "tlsSecret": "tls"},
    "gallery": {
        "environment": {"GALLERY_TEMP_TTL_HOURS": "24"},
        "publicUrl": "https://photos.example.org",
        "trustedProxies": "10.0.0.0/8",
        "podAnnotations": {"a": "b"},
        "nodeSelector": {"disk": "fast"},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
    },
    "metrics": {"podMonitor": True},
    "traces": {"url": "http://collector:4318/v1/traces"},
    "imagePullSecrets": [{"name": "registry"}],
}


def render(values: Json) -> list[Json]:
    with helm.Chart.load(str(DEPLOY / "helm" / "toonbooth")) as chart:
        files = chart.render(values, name="booth", namespace="photos")
    texts = (text for name, text in files.items() if name.endswith(".yaml"))
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def find(manifests: list[Json], kind: str, component: str) -> Json:
    (found,) = (
        each
        for each in manifests
        if each["kind"] == kind and each["metadata"]["labels"]["app.kubernetes.io/component"] == component
    )
    return found


def container_of(manifests: list[Json], service: str) -> Json:
    (container,) = find(manifests, "Deployment", service)["spec"]["template"]["spec"]["containers"]
    return dict(container)


@pytest.fixture(scope="module", params=["least", "most"])
def manifests(request: pytest.FixtureRequest) -> list[Json]:
    return render({"least": LEAST, "most": MOST}[request.param])


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_knows_every_field(manifests: list[Json], version: str) -> None:
    checked = set()
    for manifest in manifests:
        if manifest["kind"] != "PodMonitor":  # the Prometheus operator's
            kubernetes.validate(manifest, version, strict=True)
            checked.add(manifest["kind"])

    assert checked >= {
        "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Secret",
    }  # fmt: skip


def test_both_services_start_with_what_their_pods_give_them(manifests: list[Json]) -> None:
    secret = find(manifests, "Secret", "secret")
    environments = {
        service: read_image_environment(service)
        | list_pod_environment(container_of(manifests, service), secret)
        for service in SERVICES
    }
    gallery = read_gallery_settings(environments["gallery"])
    studio = read_studio_settings(environments["studio"])

    assert gallery.studio_token == studio.token
    assert environments["gallery"]["AWS_ACCESS_KEY_ID"] == "id"
    for name, url in (("gallery", gallery.internal_url), ("studio", gallery.studio_url)):
        service = find(manifests, "Service", name)
        assert url == f"http://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    origin = find_trusted_origin(
        read_image_url(f"{gallery.internal_url}/uploads/temp/a.jpg"), studio.trusted_origins
    )
    assert origin.allows(read_address("10.96.0.10"))


@pytest.mark.parametrize("service", SERVICES)
def test_pods_have_few_rights_and_end_after_their_drain(manifests: list[Json], service: str) -> None:
    pod = find(manifests, "Deployment", service)["spec"]["template"]["spec"]
    container = container_of(manifests, service)

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["terminationGracePeriodSeconds"] > 20 + 5
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    environment = read_image_environment(service)
    assert ports["metrics"] == int(environment[f"{service.upper()}_METRICS_PORT"])


@pytest.mark.parametrize("service", SERVICES)
def test_autoscaler_budget_policy_and_service_mean_the_pods_of_the_deployment(
    manifests: list[Json], service: str
) -> None:
    deployment = find(manifests, "Deployment", service)
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    scaler = find(manifests, "HorizontalPodAutoscaler", service)["spec"]

    assert scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert scaler["minReplicas"] >= 2
    for selector in (
        deployment["spec"]["selector"]["matchLabels"],
        find(manifests, "PodDisruptionBudget", service)["spec"]["selector"]["matchLabels"],
        find(manifests, "NetworkPolicy", service)["spec"]["podSelector"]["matchLabels"],
        find(manifests, "Service", service)["spec"]["selector"],
    ):
        assert selector.items() <= labels.items()
        assert selector["app.kubernetes.io/component"] == service


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "must be given"),
        ({"secrets": LEAST["secrets"]}, "blobs.url must be given"),
        (LEAST | {"blobs": {"url": "ftp://photos"}}, "blobs"),
        (LEAST | {"ingress": {"enabled": True}}, "ingress.host must be given"),
        (LEAST | {"studio": {"workers": 0}}, "workers"),
    ],
)
def test_what_is_missing_or_wrong_is_said(values: Json, said: str) -> None:
    with pytest.raises(helm.HelmError, match=said):
        render(values)


def test_a_secret_of_ones_own_takes_the_place_of_the_charts() -> None:
    manifests = render({"existingSecret": "mine", "blobs": {"url": "s3://photos"}})

    assert "Secret" not in {each["kind"] for each in manifests}
    assert container_of(manifests, "gallery")["envFrom"] == [{"secretRef": {"name": "mine"}}]
