"""A window closed at a bad moment: the process is gone at once, and nothing complains."""

import pytest

from vectarium.sampling import SamplingSettings

PROGRAM = """
import sys
from PySide6.QtCore import QTimer
from vectarium.__main__ import prepare_environment
prepare_environment()
from vectarium import app as module

moment, model = sys.argv[1:]
made = []
real = module.App

def build(*arguments):
    app = real(*arguments)
    made.append(app)
    session = app.session
    if moment == "loading":
        QTimer.singleShot(400, app.window.close)
    elif moment == "generating":
        def start(known):
            if known is not None and not session.generating:
                session.generate()
                QTimer.singleShot(300, app.window.close)
                session.next_token_changed.disconnect(start)
        session.next_token_changed.connect(start)
    else:
        QTimer.singleShot(0, app.window.close)
    app.window.closing.connect(lambda: print("closing", flush=True))
    return app

module.App = build
options = module.Options(model=model, device="cpu", prompt="Once upon a time")
sys.exit(module.run(options, module.Places.of_user()))
"""


@pytest.mark.parametrize("moment", ["starting", "loading", "generating"])
def test_the_process_ends_within_two_seconds(vectarium, model_folder, moment):
    process = vectarium(moment, model_folder, program=("-c", PROGRAM))
    assert process.stdout.readline() == "closing\n"
    process.wait(timeout=2)
    _, err = process.communicate()
    assert process.returncode == 0
    assert err == ""


def test_no_text_is_lost_when_the_window_is_closed_while_generating(start_app, qtbot):
    app = start_app(prompt="Once upon a time")
    app.session.set_sampling(SamplingSettings(temperature=0))  # a draw could end the text at once
    app.session.generate()
    qtbot.waitUntil(lambda: len(app.session.tokens) > 8)
    text = app.session.text
    app.window.close()
    assert app.close(60_000)
    again = start_app()
    assert again.session.text.startswith(text)
