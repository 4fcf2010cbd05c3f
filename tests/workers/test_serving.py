import pickle
import threading
from multiprocessing import Pipe

import pytest

from vectarium import heap
from vectarium.workers import serving
from vectarium.workers.serving import next_request


def test_memory_goes_back_once_while_nothing_is_asked(monkeypatch):
    given_back = []
    monkeypatch.setattr(heap, "give_back", lambda: given_back.append(None))
    monkeypatch.setattr(serving, "REST_SECONDS", 0.02)
    window, worker = Pipe()
    later = threading.Timer(0.2, window.send_bytes, [pickle.dumps("after a while")])
    later.start()
    assert next_request(worker) == "after a while"
    later.join()
    assert len(given_back) == 1
    window.send_bytes(pickle.dumps("at once"))
    assert next_request(worker) == "at once"
    assert len(given_back) == 1


def test_the_end_of_the_window_is_noticed():
    window, worker = Pipe()
    window.close()
    with pytest.raises(EOFError):
        next_request(worker)
