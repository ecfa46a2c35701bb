"""The clinic that the pages are about, and the patient who looks at them."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.world import World, build


@pytest.fixture
def world(db) -> World:
    return build()


@pytest.fixture
def nora(world: World) -> Client:
    """Signed in."""
    client = Client()
    client.force_login(world.nora.user)
    return client
