"""The containers, checked as far as that goes without a container engine."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
APPLICATION = {name: service for name, service in SERVICES.items() if "build" in service}


def test_the_services_are_all_there():
    assert {"web", "worker", "embedding-worker", "postgres", "redis"} <= set(SERVICES)
    assert SERVICES["embedding-worker"]["profiles"] == ["gpu"]
    assert SERVICES["embedding-worker"]["command"][5] == "embedding"
    assert SERVICES["embedding-worker"]["environment"] == SERVICES["worker"]["environment"] | {
        "ENCODER_DEVICE": "cuda"
    }


def test_what_serves_has_a_health_check_and_keeps_its_data():
    for name in ("web", "worker", "embedding-worker", "postgres", "redis"):
        assert "healthcheck" in SERVICES[name], name
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_dependencies_exist_and_wait_for_health():
    for name, service in SERVICES.items():
        for other, condition in service.get("depends_on", {}).items():
            assert other in SERVICES, (name, other)
            assert condition["condition"] in ("service_healthy", "service_completed_successfully")
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]


def test_the_settings_that_production_requires_are_given():
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line and not line.startswith("#")
    )
    given = set(example) | set(APPLICATION["web"]["environment"])
    required = set(
        re.findall(
            r'(?:key\("|secret\(")(\w+)"(?:, required=True)?\)',
            (ROOT / "searchapp/settings/production.py").read_text(),
        )
    )
    assert required | {"ALLOWED_HOSTS", "POSTGRES_PASSWORD"} <= given


def test_no_secret_is_written_into_the_compose_file():
    for service in SERVICES.values():
        for name, value in (service.get("environment") or {}).items():
            if "PASSWORD" in name:
                assert str(value).startswith("${"), name


@pytest.mark.parametrize("target", ["app", "gpu"])
def test_images_are_pinned_and_do_not_run_as_root(target):
    text = (ROOT / "Dockerfile").read_text()
    stage = text.split(f"AS {target}\n", 1)[1].split("\nFROM", 1)[0]
    assert re.findall(r"^USER (\w+)", stage, re.MULTILINE)[-1] == "searchapp"
    assert f"-r requirements/{'base' if target == 'app' else 'models'}.txt" in stage
    assert {service["build"]["target"] for service in APPLICATION.values()} == {"app", "gpu"}


@pytest.mark.parametrize("name", ["base", "models", "dev"])
def test_every_requirement_is_pinned_and_locked(name):
    locked = dict(
        line.lower().split("==") for line in (ROOT / f"requirements/{name}.txt").read_text().split()
    )
    wanted = [
        line
        for line in (ROOT / f"requirements/{name}.in").read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    ]
    for line in wanted:
        package, version = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)(?:\s+#.*)?$", line).groups()
        normal = {key.replace("_", "-"): value for key, value in locked.items()}
        assert normal[package.lower().replace("_", "-")] == version
