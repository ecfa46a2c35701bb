"""What `scripts/demo` runs: prepares the data, then keeps web server and worker together.

Both are children in this process's group, so Ctrl-C reaches all of them; if one ends, so does the
other. Started by `scripts/demo`, which sets the environment.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

TOP = Path(__file__).resolve().parent.parent
PATIENCE = 8  # seconds for a child to end by itself


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def is_free(port: int) -> bool:
    """Whether nobody listens on the port, on either kind of localhost."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.settimeout(0.5)
                if probe.connect_ex((host, port)) == 0:
                    return False
        except OSError:
            continue  # this machine has no such family
    return True


def prepare() -> None:
    """One process for all three commands: a second start has five seconds."""
    sys.path.insert(0, str(TOP))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("loaddemo")


def commands(port: int) -> dict[str, list[str]]:
    server = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    server += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    server += ["--blocking-threads", "4", "--log-level", "warning"]
    server += ["telehealth.wsgi:application"]
    return {"web server": server, "worker": [sys.executable, str(TOP / "manage.py"), "worker"]}


def serve(port: int) -> int:
    """Run both until one ends or somebody presses Ctrl-C; 0 only for the latter."""
    asked = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)
    children = {n: subprocess.Popen(c, cwd=TOP) for n, c in commands(port).items()}
    told = False
    try:
        while not asked and not (ended := first_ended(children)):
            if not told and not is_free(port):
                say(f"\nOpen  http://localhost:{port}   (Ctrl-C ends the demo)")
                told = True
            time.sleep(0.1)
    finally:
        end(children)
    if asked:
        say("The demo has ended.")
        return 0
    say(f"The {ended} has ended by itself (code {children[ended].returncode}), so the demo ends.")
    return 1


def first_ended(children: dict[str, subprocess.Popen[bytes]]) -> str:
    return next((name for name, child in children.items() if child.poll() is not None), "")


def end(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Ask each second until all have ended: a server that is just starting may miss a signal."""
    for _ in range(PATIENCE):
        left = [child for child in children.values() if child.poll() is None]
        for child in left:
            child.terminate()
        for child in left:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(1)
    for child in children.values():
        if child.poll() is None:
            child.kill()
    if os.getpgrp() == os.getpid():  # a terminal's own group: what a server left behind goes too
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--is-free", type=int, metavar="PORT")
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument("--port", type=int, default=8000)
    said = parser.parse_args()
    if said.is_free:
        return 0 if is_free(said.is_free) else 1
    if said.prepare:
        prepare()
        return 0
    return serve(said.port)


if __name__ == "__main__":
    sys.exit(main())
