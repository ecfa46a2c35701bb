"""A platform without any door to programs: a therapist pastes the room's address."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from scheduling.video.contract import (
    Capability,
    Challenge,
    FilledFromOutside,
    PlatformEvent,
    RawRequest,
    Refused,
    Verified,
)


class Paste(FilledFromOutside):
    kind = "paste"
    capabilities = Capability.NONE

    def verify_webhook(
        self, request: RawRequest, secrets: Sequence[bytes], now: datetime
    ) -> Verified | Challenge:
        raise Refused("no_callbacks")

    def parse_event(self, verified: Verified) -> Iterable[PlatformEvent]:
        raise Refused("no_callbacks")
