"""The demo's own pages: the logins, the codes of the second factor, the mail that was sent.

Routed in demo mode alone (`TELEHEALTH_MODE=demo`), where everybody and everything is invented.
"""

from __future__ import annotations

import email.policy
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.mfa import SealedMFAAdapter
from accounts.models import Clinic, Membership

STEP = 30  # seconds that a code of the second factor lasts
PASSWORD = "calm-harbor-2027"  # noqa: S105


@login_not_required
def index(request: HttpRequest) -> HttpResponse:
    """Who is who, and the codes of the moment."""
    second = int(time.time())
    staff = Membership.objects.select_related("user").order_by("role", "pk")
    secrets = {
        row.user_id: SealedMFAAdapter().decrypt(row.data["secret"])
        for row in Authenticator.objects.filter(type=Authenticator.Type.TOTP)
    }
    people = [
        (row, format_hotp_value(hotp_value(secrets[row.user_id], second // STEP)))
        for row in staff
        if row.user_id in secrets
    ]
    return render(
        request,
        "demo/index.html",
        {
            "clinics": Clinic.objects.filter(active=True),
            "people": people,
            "password": PASSWORD,
            "seconds": STEP - second % STEP,
        },
    )


@dataclass(frozen=True)
class Letter:
    """One message of the outbox folder, as its reader would see it."""

    name: str
    mail: EmailMessage

    @property
    def to(self) -> str:
        return str(self.mail["To"])

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])

    @property
    def date(self) -> str:
        return str(self.mail["Date"])

    @property
    def text(self) -> str:
        part = self.mail.get_body(("plain",))
        return part.get_content() if part else ""

    @property
    def calendar(self) -> str:
        """Of several, one below the other."""
        files = [part for part in self.mail.walk() if part.get_content_subtype() == "ics"]
        return "\n".join(part.get_content().decode() for part in files)


@login_not_required
def outbox(request: HttpRequest) -> HttpResponse:
    """All mail, the newest first; `?to=` narrows it to one mailbox."""
    letters = [read(path) for path in files()]
    if to := request.GET.get("to", "").strip().lower():
        letters = [one for one in letters if to in one.to.lower()]
    page = Paginator(letters, 25).get_page(request.GET.get("page"))
    return render(request, "demo/outbox.html", {"page": page, "to": to})


@login_not_required
def message(request: HttpRequest, name: str) -> HttpResponse:
    for path in files():
        if path.name == name:
            return render(request, "demo/message.html", {"letter": read(path)})
    raise Http404


def files() -> list[Path]:
    folder = Path(settings.MAIL_FOLDER)
    found = folder.glob("*.eml") if folder.is_dir() else []
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)


def read(path: Path) -> Letter:
    parser = BytesParser(EmailMessage, policy=email.policy.default)
    return Letter(path.name, parser.parsebytes(path.read_bytes()))
