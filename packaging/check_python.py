"""Ends a Python that is too old with one clear line. Python 3.6 must be able to run this file."""

import subprocess
import sys

_TOO_OLD = "import sys; sys.exit(sys.version_info < (3, 11))"


def _newer_python():  # type: ignore[no-untyped-def]
    for name in ("python3.13", "python3.12", "python3.11", "python3.14", "python3", "python", "py -3"):
        try:
            status = subprocess.call(
                [*name.split(), "-c", _TOO_OLD], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError:
            continue
        if status == 0:
            return name
    return None


if sys.version_info < (3, 11):  # noqa: UP036
    _name = _newer_python()
    sys.exit(
        "Vectarium needs Python 3.11 or newer, and this is {}.{}. ".format(*sys.version_info)
        + (f"Run: {_name} {sys.argv[0]}" if _name else "Get one from https://www.python.org.")
    )
