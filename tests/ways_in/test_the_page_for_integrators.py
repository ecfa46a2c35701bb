"""docs/video.md: what an integrator would copy works as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scheduling.models import Room
from scheduling.video.links import binding_of
from tests.databases import PATIENCE
from tests.ways_in.story import booked_now, platform
from tests.world import build

PAGE = (Path(__file__).parents[2] / "docs" / "video.md").read_text()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tongue", ["python", "sh"])
def test_the_examples_fill_a_room_in(live_server, tongue):
    if tongue == "sh" and not (shutil.which("curl") and shutil.which("openssl")):
        pytest.skip("needs curl and openssl")
    world = build()
    rooms = platform(world)
    booked_now(world)
    [example] = re.findall(rf"```{tongue}\n(.*?)```", PAGE, re.DOTALL)
    facts = {
        "SITE": live_server.url,
        "CONNECTION": str(rooms.uuid),
        "SECRET": rooms.secret,
        "BINDING": binding_of(Room.objects.get()),
    }
    program = {"python": [sys.executable, "-c"], "sh": ["sh", "-c"]}[tongue]
    done = subprocess.run(
        [*program, example],
        env=os.environ | facts,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert '"status": "accepted"' in done.stdout, done.stderr
    assert Room.objects.get().join_url == "https://meet.example/r/77"
