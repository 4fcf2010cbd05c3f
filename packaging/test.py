"""Sets Vectarium and its test tools up in this clone and runs the tests.

python3 packaging/test.py [arguments of pytest]

Where no file or folder is named, all tests run, several at a time. For tests/benchmarks it sets up what they
compare with as well.
"""

import check_python  # noqa: F401 - before anything that an old Python cannot compile
import environment
import screen

# A file's tests stay together: they share what is slow to make.
_SEVERAL = ("-n", "logical", "--maxprocesses", "4", "--dist", "loadfile", "-p", "no:benchmark")


def main(arguments: list[str]) -> int:
    benchmarks = environment.ROOT / "tests" / "benchmarks"
    named = [(environment.ROOT / argument.partition("::")[0]).resolve() for argument in arguments]
    extras = ["test", "benchmark"] if any(path.is_relative_to(benchmarks) for path in named) else ["test"]
    python = environment.prepare(*extras)
    screen.require_libraries()
    # The tests start it themselves, also where there is a display: they move the mouse and press keys.
    screen.require_xvfb()
    several = () if any(path.exists() for path in named) else _SEVERAL
    command = [str(python), "-P", "-m", "pytest", *several, *arguments]
    return environment.run(command, environment.child_environment(), folder=environment.ROOT)


if __name__ == "__main__":
    environment.launch(main)
