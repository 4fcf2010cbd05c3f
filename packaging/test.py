"""Sets Vectarium and its test tools up in this clone and runs the tests.

python3 packaging/test.py [arguments of pytest]
"""

import check_python  # noqa: F401 - before anything that an old Python cannot compile
import environment
import screen


def main(arguments: list[str]) -> int:
    python = environment.prepare(tests=True)
    screen.require_libraries()
    # The tests start it themselves, also where there is a display: they move the mouse and press keys.
    screen.require_xvfb()
    command = [str(python), "-P", "-m", "pytest", *arguments]
    return environment.run(command, environment.child_environment(), folder=environment.ROOT)


if __name__ == "__main__":
    environment.launch(main)
