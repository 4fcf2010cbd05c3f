"""Installing packages of the operating system, with stand-ins for the package managers on the PATH."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="package managers of Linux")

PACKAGES = {"apt-get": ["libgl1", "libegl1"], "dnf": ["libGL.so.1()(64bit)"]}


@pytest.fixture
def system_packages(load_launcher_module: Callable[[str], ModuleType]) -> ModuleType:
    return load_launcher_module("system_packages")


@pytest.fixture
def managers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def add(managers: Path, name: str, status: int = 0) -> Path:
    """A package manager that writes down what it is called with; gives the file it writes to."""
    calls = managers / f"{name}.calls"
    program = managers / name
    program.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND" "$@" >> {calls}\nexit {status}\n')
    program.chmod(0o755)
    return calls


def test_root_on_debian_installs(
    system_packages: ModuleType, managers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = add(managers, "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    system_packages.install("Qt needs libraries", PACKAGES, tmp_path / "log")
    assert calls.read_text().splitlines() == [
        "noninteractive update",
        "noninteractive install --no-install-recommends libgl1 libegl1 --yes",
    ]


def test_a_failed_installation_names_its_log(
    system_packages: ModuleType, managers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(managers, "apt-get", status=100)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(system_packages.SetupError, match=str(tmp_path / "log")):
        system_packages.install("Qt needs libraries", PACKAGES, tmp_path / "log")


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt-get install --no-install-recommends libgl1 libegl1"),
        ("dnf", "sudo dnf install 'libGL.so.1()(64bit)'"),
    ],
)
def test_others_get_the_exact_command(
    system_packages: ModuleType,
    managers: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    manager: str,
    command: str,
) -> None:
    calls = add(managers, manager)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(system_packages.SetupError) as raised:
        system_packages.install("Qt needs libraries", PACKAGES, tmp_path / "log")
    assert str(raised.value).splitlines()[-1].strip() == command
    assert not calls.exists()


def test_an_unknown_system_is_told_what_is_missing(
    system_packages: ModuleType, managers: Path, tmp_path: Path
) -> None:
    with pytest.raises(system_packages.SetupError, match="Qt needs libraries"):
        system_packages.install("Qt needs libraries", PACKAGES, tmp_path / "log")
