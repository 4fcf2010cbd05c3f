"""What users install: the wheel and its resources, the entry point, the version, the exact versions."""

import configparser
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import vectarium
from vectarium import resources

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def tracked_files(folder: str) -> set[str]:
    """What git tracks below a folder, or what lies there where this is no clone."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", folder]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return {name for name in listed.splitlines() if (ROOT / name).exists()}
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_package_and_every_resource(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    package = {name.removeprefix("desktop/") for name in tracked_files("desktop/vectarium")}
    resource_files = {f"vectarium/{name}" for name in tracked_files("resources")}
    assert "vectarium/__init__.py" in package
    assert "vectarium/resources/fonts/Inter-Regular.otf" in resource_files
    assert package | resource_files <= inside
    distribution = f"vectarium-{vectarium.__version__}"
    assert {name.split("/")[0] for name in inside} == {
        "vectarium",
        f"{distribution}.dist-info",
        f"{distribution}.data",
    }
    assert f"{distribution}.data/data/share/applications/vectarium.desktop" in inside


def test_the_installed_wheel_finds_its_own_resources(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    program = (
        "import vectarium.resources as r; print(r.folder(), *(r.folder() / 'fonts').iterdir(), sep='\\n')"
    )
    printed = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert printed[0] == str(installed / "vectarium" / "resources")
    assert str(installed / "vectarium" / "resources" / "fonts" / "JetBrainsMono-Medium.ttf") in printed[1:]


def test_a_clone_finds_its_resources() -> None:
    assert resources.folder() == ROOT / "resources"


def test_lost_resources_are_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "desktop" / "vectarium")
    with pytest.raises(FileNotFoundError, match="Install Vectarium again"):
        resources.folder()


def test_the_wheel_offers_the_program_as_a_window_program(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        entry_points = configparser.ConfigParser()
        entry_points.read_string(archive.read(name).decode())
    assert dict(entry_points["gui_scripts"]) == {"vectarium": "vectarium.__main__:main"}


@pytest.mark.parametrize("as_module", [True, False])
def test_the_program_says_its_version(as_module: bool) -> None:
    script = Path(sys.executable).parent / "vectarium"
    command = [sys.executable, "-m", "vectarium"] if as_module else [str(script)]
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert said.stdout.split()[-1] == vectarium.__version__
    assert importlib.metadata.version("vectarium") == vectarium.__version__


SYSTEMS = (
    {"extra": "", "sys_platform": "linux", "platform_system": "Linux"},
    {"extra": "", "sys_platform": "win32", "platform_system": "Windows"},
)


def needs_of(name: str) -> list[str]:
    """What a library requires; nothing where it is for another system and not installed here."""
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []


def is_installed(name: str) -> bool:
    return any(importlib.metadata.distributions(name=name))


def constraints(section: str = "") -> dict[str, str]:
    """The exact versions, of all or of what stands under a heading."""
    text = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8")
    if section:
        text = text.partition(section)[2].partition("\n#")[0]
    lines = text.splitlines()
    pins = [re.fullmatch(r"([\w.-]+)==([\w.]+)", line) for line in lines if line and not line.startswith("#")]
    assert None not in pins, "every line is name==version, without a local version"
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


@pytest.mark.skipif(sys.platform != "linux", reason="follows what is installed, which is most on Linux")
def test_everything_that_is_installed_has_an_exact_version() -> None:
    """Follows the requirements from the application and its tools to the last library."""
    pinned = constraints()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    waiting = [Requirement(line) for line in project["dependencies"] + extras["test"] + extras["benchmark"]]
    met: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if requirement.marker is not None and not any(map(requirement.marker.evaluate, SYSTEMS)):
            continue
        assert name in pinned, f"{requirement} is not in constraints.txt"
        assert requirement.specifier.contains(pinned[name]), f"{requirement} does not allow {pinned[name]}"
        if name not in met:
            met.add(name)
            waiting += [Requirement(line) for line in needs_of(name)]
    unneeded = {name for name in set(pinned) - met if not name.startswith(("cuda-", "nvidia-", "triton"))}
    if not all(map(is_installed, extras["benchmark"])):
        unneeded -= set(constraints("# The benchmarks and what they compare with\n"))
    assert unneeded == set(), "constraints.txt names what nothing needs"


def test_what_runs_here_is_what_the_constraints_say() -> None:
    """The tests speak for the versions in the constraints only where they ran with them."""
    installed = {canonicalize_name(found.name): found.version for found in importlib.metadata.distributions()}
    differing = {
        name: (installed[name], version)
        for name, version in constraints().items()
        # A build of torch for one kind of device has a local version.
        if name in installed and installed[name].partition("+")[0] != version
    }
    assert differing == {}


def test_every_font_has_its_licence() -> None:
    fonts = resources.folder() / "fonts"
    files = {path.name for path in fonts.iterdir()}
    families = {name.partition("-")[0] for name in files if name.endswith((".otf", ".ttf"))}
    assert families == {"Inter", "JetBrainsMono"}
    for family in families:
        assert "SIL OPEN FONT LICENSE" in (fonts / f"{family}-OFL.txt").read_text(encoding="utf-8")
