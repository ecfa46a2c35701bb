"""What stands in for everybody's mailbox and telephone, and how `scripts/demo` starts and ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from scheduling.outbox.folder import FolderBackend
from tests.databases import PATIENCE
from tests.doors import come_in, is_in, totp_secret
from tests.web.patient import text_of
from tests.world import World, build

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture
def world(db) -> World:
    return build()


@pytest.fixture
def demo(settings, tmp_path) -> Path:
    """The demo's addresses are there; answers the folder of its mail."""
    settings.ROOT_URLCONF = "tests.house.demo_urls"
    settings.MAIL_FOLDER = tmp_path / "outbox"
    return settings.MAIL_FOLDER


def test_it_is_not_there_outside_the_demo(world, client: Client):
    for path in ("/demo/", "/demo/outbox/"):
        assert client.get(path).status_code == 404


def test_a_staff_members_code_opens_the_second_door(world, demo, client: Client):
    totp_secret(world.dana)
    come_in(client, world.dana.email)
    assert not is_in(client)
    page = client.get("/demo/")
    (code,) = re.findall(r"<code>(\d{6})</code>", page.content.decode())
    assert "Front desk Dana dana@example.org" in text_of(page)
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert is_in(client)
    assert client.get("/c/harbor/desk/").status_code == 200


def deliver(to: str, text: str) -> None:
    letter = EmailMessage("Your appointment", text, "mail@clinic.example", [to])
    FolderBackend().deliver("mail@clinic.example", to, letter.message().as_bytes())


def test_everybodys_mail_can_be_read(world, demo, client: Client):
    assert "Nothing yet." in text_of(client.get("/demo/outbox/"))
    texts = {"nora@example.org": "Your code: <b>", "omar@example.org": "Tuesday"}
    for to, text in texts.items():
        deliver(to, text)
    page = text_of(client.get("/demo/outbox/"))
    assert all(to in page for to in texts)
    hers = client.get("/demo/outbox/", {"to": "NORA"})
    assert "nora@example.org" in text_of(hers) and "omar@example.org" not in text_of(hers)
    (name,) = re.findall(r'href="(/demo/outbox/[^"]+)"', hers.content.decode())
    opened = client.get(name)
    assert "Your code: <b>" in text_of(opened) and "<b>" not in opened.content.decode()
    for nothing in ("nothing.eml", "..%2F..%2Fsecret.eml"):
        assert client.get(f"/demo/outbox/{nothing}/").status_code == 404


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (["--port", "many"], "--port needs a number"),
        (["--port", "70000"], "from 1 to 65535"),
        (["--port"], "--port needs a number"),
        (["--fast"], "Unknown: --fast"),
    ],
)
def test_a_flag_that_cannot_be_is_told(said: list[str], answer: str):
    done = subprocess.run(["scripts/demo", *said], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 1 and answer in done.stderr


def test_the_flags_are_explained():
    done = subprocess.run(["scripts/demo", "--help"], cwd=TOP, capture_output=True, text=True)
    assert done.returncode == 0
    assert all(flag in done.stdout for flag in ("--port", "--reset", "--no-server"))


def test_a_port_that_is_taken_is_noticed():
    command = [sys.executable, "scripts/serve.py", "--is-free"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert subprocess.run([*command, port], cwd=TOP).returncode == 1
    assert subprocess.run([*command, port], cwd=TOP).returncode == 0


RUN = """
import sys
sys.path.insert(0, "scripts")
import serve
port, worker = int(sys.argv[1]), sys.argv[2]
serve.commands = lambda port: {
    "web server": [sys.executable, "-m", "http.server", "-b", "127.0.0.1", str(port)],
    "worker": [sys.executable, "-c", worker],
}
sys.exit(serve.serve(port))
"""


@contextmanager
def running(worker: str) -> Iterator[tuple[subprocess.Popen, int]]:
    """What keeps the demo's two processes together, with two small ones in their place."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = subprocess.Popen(
        [sys.executable, "-c", RUN, str(port), worker],
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield started, port
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)
        started.communicate(timeout=PATIENCE)


def nobody_left(group: int) -> bool:
    """No process of the group lives; one that has ended may still be listed."""
    listed = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, text=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return not [stat for pgid, stat in rows if pgid == str(group) and stat[0] != "Z"]


def test_ctrl_c_ends_server_and_worker():
    with running("import time; time.sleep(60)") as (demo, port):
        assert any(f"Open  http://localhost:{port}" in line for line in demo.stdout)
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does
        said, _ = demo.communicate(timeout=PATIENCE)
        assert demo.returncode == 0 and "The demo has ended." in said
        assert nobody_left(demo.pid)


def test_if_one_ends_so_does_the_other():
    with running("import sys; sys.exit(7)") as (demo, _port):
        said, _ = demo.communicate(timeout=PATIENCE)
        assert demo.returncode == 1
        assert "The worker has ended by itself (code 7), so the demo ends." in said
        assert nobody_left(demo.pid)
