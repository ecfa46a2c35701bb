"""The platforms we know, by the `kind` of a connection."""

from scheduling.video.contract import Capability, Misconfigured, VideoAdapter
from scheduling.video.platforms.paste import Paste
from scheduling.video.platforms.standard import Standard

ADAPTERS: dict[str, VideoAdapter] = {one.kind: one for one in (Paste(), Standard())}
ASKED = [kind for kind, one in ADAPTERS.items() if Capability.ASKED in one.capabilities]
"""The kinds that we ask for rooms, or that ask us which are wanted."""


def adapter(kind: str) -> VideoAdapter:
    """The adapter of a connection; raises Misconfigured if nobody wrote one."""
    try:
        return ADAPTERS[kind]
    except KeyError:
        raise Misconfigured("unknown_platform") from None
