"""Sets Vectarium up in this clone and starts it: python3 packaging/run.py [arguments of vectarium].

`--setup-only` stops after the set-up. Where there is no display, every workspace of an example text is
exported to vectarium-export/ instead.
"""

from pathlib import Path

import check_python  # noqa: F401 - before anything that an old Python cannot compile
import environment
import screen

EXAMPLE = "Once upon a time, there was a little girl named Lily."


def main(arguments: list[str]) -> int:
    python = environment.prepare()
    screen.require_libraries()
    if "--setup-only" in arguments:
        print("Vectarium is set up. Start it with: python3 packaging/run.py")
        return 0

    command = [str(python), "-P", "-m", "vectarium", *arguments]
    needs_no_screen = {"--version", "--help", "-h"} & set(arguments)
    if needs_no_screen or screen.is_there():
        return environment.run(command, environment.child_environment())

    print("There is no display here: Vectarium runs under a virtual screen.", flush=True)
    folder = _given(arguments, "--export")
    if folder is None:
        folder = "vectarium-export"
        command += ["--export", folder]
    if _given(arguments, "--prompt") is None:
        command += ["--prompt", EXAMPLE]
    with screen.virtual() as variables:
        status = environment.run(command, variables)
    if status == 0:
        print(f"Every workspace is exported, as pictures and data, to {Path(folder).resolve()}")
    return status


def _given(arguments: list[str], option: str) -> str | None:
    """The value that the arguments give an option, as `--option value` or `--option=value`."""
    for place, argument in enumerate(arguments):
        if argument == option:
            return "".join(arguments[place + 1 : place + 2])
        if argument.startswith(f"{option}="):
            return argument.partition("=")[2]
    return None


if __name__ == "__main__":
    environment.launch(main)
