"""Processes that start at once: forked from one that has loaded the whole service.

They read their settings anew from the environment that they are given, and run what Python would
run by the same command line. Tests start fifty of them, and loading takes a second each time.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context, reduction
from tempfile import TemporaryFile

from django.conf import Settings, settings
from django.db import connections

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["tests.loaded"])


class Forked:
    """A process as `subprocess.Popen` makes them: of Python, with text in and out."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        reads, to_it = os.pipe()
        of_it, writes = os.pipe()
        self.stdin, self.stdout = os.fdopen(to_it, "w"), os.fdopen(of_it)
        self.errors = TemporaryFile()  # noqa: SIM115
        ends = [Passed(fd) for fd in (reads, writes, self.errors.fileno())]
        self.process = FORKS.Process(target=become, args=(list(command), dict(env), ends))
        self.process.start()
        os.close(reads)
        os.close(writes)
        self.pid = self.process.pid
        self.kill, self.terminate = self.process.kill, self.process.terminate

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float) -> int:
        """What hangs is killed."""
        last = threading.Timer(timeout, self.kill)
        last.start()
        self.process.join()
        last.cancel()
        return self.process.exitcode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Let it come to its end: what it has still to say, and its errors."""
        self.stdin.close()
        last = threading.Timer(timeout, self.kill)
        last.start()
        said = self.stdout.read()
        last.cancel()
        self.wait(timeout)
        return said, self.close()

    def close(self) -> str:
        self.stdin.close()
        self.stdout.close()
        with self.errors as kept:
            kept.seek(0)
            return kept.read().decode(errors="replace")


class Passed:
    """A file descriptor that arrives as the other process's own."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __reduce__(self) -> tuple[Callable[..., int], tuple[object]]:
        return received, (reduction.DupFd(self.fd),)


def received(passed) -> int:
    return passed.detach()


def become(command: list[str], env: dict[str, str], ends: list[int]) -> None:
    """In the new process: `python COMMAND`, with this environment and these three streams."""
    for number, fd in enumerate(ends):
        os.dup2(fd, number)
        os.close(fd)
    sys.stdin = os.fdopen(0, closefd=False)
    os.environ.clear()
    os.environ.update(env)
    read_settings()
    if command[0] == "-m":
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")


def read_settings() -> None:
    """Anew; by the old ones nothing has been connected."""
    importlib.reload(sys.modules["telehealth.settings"])
    settings._wrapped = Settings("telehealth.settings")
    connections.__init__()
    vars(connections).pop("settings", None)
