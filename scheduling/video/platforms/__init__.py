"""The platforms we know, by the `kind` of a connection."""

from scheduling.video.contract import Misconfigured, VideoAdapter
from scheduling.video.platforms.paste import Paste
from scheduling.video.platforms.standard import Standard

ADAPTERS: dict[str, VideoAdapter] = {one.kind: one for one in (Paste(), Standard())}


def adapter(kind: str) -> VideoAdapter:
    """The adapter of a connection; raises Misconfigured if nobody wrote one."""
    try:
        return ADAPTERS[kind]
    except KeyError:
        raise Misconfigured("unknown_platform") from None
