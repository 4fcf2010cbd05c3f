"""Installs packages of the operating system, or names the one command that does."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path


class SetupError(Exception):
    """The set-up cannot go on; the message says why and what to do."""


def install(missing: str, packages: dict[str, list[str]], log: Path) -> None:
    """Install what is missing with apt where this is root on Debian or Ubuntu.

    `packages` gives the names for each package manager: apt-get, dnf, zypper, pacman.
    Raises SetupError with the exact command to run where it may not, or where that fails.
    """
    manager = next((name for name in packages if shutil.which(name)), None)
    if manager is None:
        raise SetupError(f"{missing}. Install it with your system's package manager, then start again.")
    command = _command(manager, packages[manager])
    if sys.platform == "win32" or manager != "apt-get" or os.geteuid() != 0:
        raise SetupError(f"{missing}. Install it with this command, then start again:\n  sudo {command}")

    print(f"{missing}. Installing it: {command}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with log.open("a", encoding="utf-8") as output:
        # A new container has no package lists. Where fetching them fails, old ones may do.
        subprocess.call(["apt-get", "update"], stdout=output, stderr=output, env=quiet)
        failed = subprocess.call(
            [*shlex.split(command), "--yes"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=quiet,
        )
    if failed:
        raise SetupError(f"{missing}, and this failed: {command}. Its log is {log}.")


def _command(manager: str, packages: list[str]) -> str:
    verb = {
        "apt-get": "apt-get install --no-install-recommends",
        "dnf": "dnf install",
        "zypper": "zypper install",
        "pacman": "pacman -S --needed",
    }[manager]
    return f"{verb} {shlex.join(packages)}"
