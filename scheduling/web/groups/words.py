"""How the pages of groups say what the rows know in codes."""

from __future__ import annotations

from django.utils.translation import gettext as _

from scheduling.engine.lifecycle import GroupState


def state_chip(state: str) -> tuple[str, str]:
    return {
        GroupState.RUNNING.value: (_("Running"), "success"),
        GroupState.PAUSED.value: (_("Paused"), "warn"),
        GroupState.ENDED.value: (_("Ended"), "off"),
    }[state]
