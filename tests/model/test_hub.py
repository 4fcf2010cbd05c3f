"""Models on the hub, against a server on this machine that speaks as much of its language as is needed."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from huggingface_hub import close_session, constants

from tiny_models import random_network
from vectarium.model import errors, hub
from vectarium.model.loading import load, local_folder

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "someone/tiny"


class Hub(ThreadingHTTPServer):
    """Serves one model's files. What goes wrong is set from the test."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.asked: list[str] = []  # "METHOD file"
        self.status = 200  # for everything
        self.error_code = ""
        self.portal = False  # answers everything with a web page
        self.truncate: str | None = None  # the file whose body is cut short
        self.stall: str | None = None  # the file in whose middle the server waits
        self.stalled = threading.Event()
        self.go_on = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer(send_body=False)

    def do_GET(self) -> None:
        self.answer(send_body=True)

    def answer(self, send_body: bool) -> None:
        path = urlsplit(self.path).path
        if self.server.status != 200:
            self.reply(self.server.status, b"", {"X-Error-Code": self.server.error_code}, send_body)
        elif self.server.portal:
            self.reply(200, b"<html>Welcome to our network</html>", {"Content-Type": "text/html"}, send_body)
        elif path.startswith("/api/models/"):
            files = [
                {"rfilename": file.name, "size": file.stat().st_size, "blobId": etag(file)}
                for file in sorted(self.server.folder.iterdir())
            ]
            info = {"id": NAME, "modelId": NAME, "sha": COMMIT, "siblings": files}
            self.server.asked.append("GET the list of files")
            self.reply(200, json.dumps(info).encode(), {"Content-Type": "application/json"}, send_body)
        else:
            self.file(path.rpartition("/")[2], send_body)

    def file(self, name: str, send_body: bool) -> None:
        self.server.asked.append(f"{self.command} {name}")
        file = self.server.folder / name
        if not file.is_file():
            self.reply(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT}, send_body)
            return
        body = file.read_bytes()
        headers = {"ETag": f'"{etag(file)}"', "X-Repo-Commit": COMMIT}
        if not send_body or name not in (self.server.truncate, self.server.stall):
            self.reply(200, body, headers, send_body)
            return
        if name == self.server.truncate:
            self.reply(200, body[: len(body) // 2], headers, send_body)
            return
        self.send_response(200)
        for header, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        self.server.stalled.set()
        self.server.go_on.wait(30)
        self.wfile.write(body[len(body) // 2 :])

    def reply(self, status: int, body: bytes, headers: dict[str, str], send_body: bool) -> None:
        self.send_response(status)
        for header, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(header, value)
        self.end_headers()
        if send_body:
            self.wfile.write(body)


def etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes()).hexdigest()


def point_at(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.partition("/{repo_id}")
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + template[1] + template[2])


@pytest.fixture
def server(model_folder, tmp_path, monkeypatch) -> Iterator[Hub]:
    """The hub with one model, and an empty cache."""
    served = Hub(Path(shutil.copytree(model_folder, tmp_path / "served")))
    thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    point_at(monkeypatch, served.address)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield served
    served.go_on.set()
    close_session()  # the connections that were kept for the next question
    served.shutdown()
    served.server_close()
    thread.join()


def fetch(progress=lambda doing, share: None, cancelled=lambda: False):
    return hub.fetch(NAME, progress, cancelled)


def downloaded(server):
    return [entry.removeprefix("GET ") for entry in server.asked if entry.startswith("GET")]


def test_downloads_what_is_needed_and_nothing_else(server):
    for name in ("pytorch_model.bin", "README.md", "flax_model.msgpack", "handler.py"):
        (server.folder / name).write_text("not needed")
    reports = []
    folder = fetch(lambda doing, share: reports.append((doing, share)))
    assert downloaded(server) == [
        "the list of files",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "model.safetensors",
    ]
    assert (folder / "model.safetensors").read_bytes() == (server.folder / "model.safetensors").read_bytes()
    shares = [share for _, share in reports if share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert any(doing.startswith(f"Downloading {NAME}") and "MB" in doing for doing, _ in reports)


def test_what_is_in_the_cache_needs_no_network(server, monkeypatch):
    folder = fetch()
    asked = len(server.asked)
    point_at(monkeypatch, "http://127.0.0.1:9")
    assert local_folder(NAME) == folder
    model = load(NAME)
    assert (model.name, model.source) == (NAME, NAME)
    assert len(server.asked) == asked


def test_nothing_is_downloaded_unasked(server):
    with pytest.raises(errors.NeedsDownload, match="not on this computer"):
        load(NAME)
    assert server.asked == []
    assert load(NAME, download=True).layers == 3


def test_weights_in_several_files(server):
    random_network().save_pretrained(server.folder, max_shard_size="20KB")
    (server.folder / "model.safetensors").unlink()
    folder = fetch()
    names = {file.name for file in server.folder.glob("model*")}
    assert {file.name for file in folder.glob("model*")} == names
    assert len(names) > 2
    (folder / sorted(names)[0]).unlink()
    assert hub.cached(NAME) is None


def test_the_original_tokenizer_files(server):
    (server.folder / "tokenizer.json").unlink()
    assert {"vocab.json", "merges.txt"} <= {file.name for file in fetch().iterdir()}
    assert load(NAME).vocabulary.end_of_text == 0


def fails(kind, words):
    with pytest.raises(kind, match=words) as caught:
        fetch()
    assert type(caught.value) is kind
    assert caught.value.advice.endswith(".")
    assert hub.cached(NAME) is None


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (404, "RepoNotFound", errors.ModelNotFound, "no model called someone/tiny"),
        (401, "RepoNotFound", errors.ModelNotFound, "or it is private"),
        (403, "GatedRepo", errors.ModelNotFound, "on request only"),
        (418, "", errors.HubFailed, r"answered with an error \(418\)"),
    ],
)
def test_the_hub_says_no(server, status, code, kind, words):
    server.status, server.error_code = status, code
    fails(kind, words)


def test_nobody_answers(server, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        point_at(monkeypatch, f"http://127.0.0.1:{unused.getsockname()[1]}")
        fails(errors.Offline, "cannot be reached")


def test_something_else_answers(server):
    """As the log-in page of a hotel's network does."""
    server.portal = True
    fails(errors.Offline, "cannot be reached")


def test_a_config_that_is_none(server):
    (server.folder / "config.json").write_text("not a configuration")
    fails(errors.BadConfig, "cannot be read")


def test_the_network_is_switched_off(server, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    fails(errors.Offline, "HF_HUB_OFFLINE")
    assert server.asked == []


def test_no_config(server):
    (server.folder / "config.json").unlink()
    fails(errors.MissingFile, "lacks a file")


def test_another_architecture_is_refused_before_its_weights_are_asked_for(server):
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
    (server.folder / "config.json").write_text(json.dumps(config))
    fails(errors.NotGPT2, "LlamaForCausalLM")
    assert downloaded(server) == ["the list of files", "config.json"]


def test_a_pickle_is_never_asked_for(server):
    (server.folder / "model.safetensors").rename(server.folder / "pytorch_model.bin")
    fails(errors.PickleOnly, r"pytorch_model\.bin")
    assert downloaded(server) == ["the list of files", "config.json"]


def test_no_tokenizer(server):
    for name in ("tokenizer.json", "vocab.json"):
        (server.folder / name).unlink()
    fails(errors.MissingFile, "no tokenizer")


def test_a_download_cut_short(server):
    server.truncate = "model.safetensors"
    fails(errors.TruncatedFile, "cut short")
    server.truncate = None
    assert fetch() == hub.cached(NAME)


def test_the_disk_is_too_small(server, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    fails(errors.NoSpace, "only 10 MB left")
    assert "model.safetensors" not in downloaded(server)


def test_the_disk_is_full(server, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hub.huggingface_hub, "hf_hub_download", full)
    fails(errors.NoSpace, "disk is full")


def test_a_cache_that_cannot_be_written(server, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file" / "cache"))
    fails(errors.NoSpace, "Nothing can be written")


def test_cancelling_while_the_server_is_silent(server):
    server.stall = "model.safetensors"
    with pytest.raises(errors.Cancelled):
        fetch(cancelled=server.stalled.is_set)
    server.go_on.set()


def test_cancelling_between_two_chunks(server, monkeypatch):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    shares = []
    with pytest.raises(errors.Cancelled):
        fetch(lambda doing, share: shares.append(share or 0), lambda: max(shares, default=0) > 0)
    assert hub.cached(NAME) is None


def test_the_usual_environment_variables(server, tmp_path):
    """From processes that find the hub and the cache in their environment alone."""
    home = tmp_path / "home"
    environment = {**os.environ, "HF_ENDPOINT": server.address, "HF_HOME": str(home)}

    def ask(expression, **more):
        code = f"from vectarium.model import hub; print({expression})"
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

    fetched = ask(f"hub.fetch({NAME!r}, lambda *report: None, lambda: False)")
    assert fetched.stderr == ""
    folder = Path(fetched.stdout.strip())
    assert folder.is_relative_to(home / "hub" / "models--someone--tiny")
    asked = len(server.asked)
    assert ask(f"hub.cached({NAME!r})", HF_HUB_OFFLINE="1").stdout.strip() == str(folder)
    assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("source", "is_one"),
    [("gpt2", True), ("openai-community/gpt2-xl", True), ("a/b/c", False), ("", False), ("./gpt2", False)],
)
def test_names(source, is_one):
    assert hub.is_name(source) is is_one
