"""Mail into a folder, one `.eml` file a message, for the demo and for a look in development."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from scheduling.outbox.queue import Failed


class FolderBackend:
    """Named by date and content, so that a repeat lands in the same file; never half written."""

    def deliver(self, sender: str, recipient: str, data: bytes) -> None:
        folder = Path(settings.MAIL_FOLDER)
        name = file_name(data)
        hidden = folder / f".{name}.{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            hidden.write_bytes(data)
            hidden.replace(folder / name)
        except OSError as error:
            raise Failed("unreachable") from error

    def close(self) -> None:
        """Nothing is kept open."""


def file_name(data: bytes) -> str:
    header = message_from_bytes(data, policy=SMTP)["Date"]
    date: datetime = header.datetime if header else datetime.fromtimestamp(0, UTC)
    return f"{date.astimezone(UTC):%Y%m%dT%H%M%S}-{sha256(data).hexdigest()[:12]}.eml"
