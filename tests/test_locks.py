"""The lock files hold what the requirement files pin, each package with its hashes, and name no registry."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
LOCKED = re.compile(r"^([\w.-]+)==(\S+)(?: ; [^\\\n]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)
ADDRESS = re.compile(r"https?://|--(?:extra-)?index-url|--find-links")


def pins(name: str) -> set[tuple[str, str]]:
    """The direct requirements of a file: (name as a lock spells it, version)."""
    found = PIN.findall((ROOT / name).read_text())
    return {(re.sub(r"[-_.]+", "-", package).lower(), version) for package, version in found}


def locked(name: str) -> set[tuple[str, str]]:
    """What a lock file holds, with hashes: (name, version)."""
    return {(package, version) for package, version, _ in LOCKED.findall((ROOT / name).read_text())}


@pytest.mark.parametrize(
    ("requirements", "lock"),
    [
        ("requirements.txt", "requirements.lock"),
        ("requirements.txt", "requirements-dev.lock"),
        ("requirements-dev.txt", "requirements-dev.lock"),
    ],
)
def test_every_pin_stands_in_the_lock(requirements: str, lock: str) -> None:
    assert pins(requirements) <= locked(lock), "run make lock"


def test_the_app_is_tested_with_the_packages_that_it_runs_with() -> None:
    assert locked("requirements.lock") <= locked("requirements-dev.lock"), "run make lock"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_hashes_and_none_an_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert len(LOCKED.findall(text)) == len(PIN.findall(text))
    assert not ADDRESS.search(text)


def test_the_lock_of_the_javascript_tools_holds_what_package_json_pins() -> None:
    tools = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in tools} == tools
    assert all(package.get("integrity", "").startswith("sha512-") for name, package in packages.items() if name)
    assert not any("resolved" in package for package in packages.values())
