"""PR1, P25: what a lock screen may show. Nothing of the care, in any mail, to anybody."""

import re
from dataclasses import fields
from datetime import timedelta

import pytest

from accounts.models import Clinic, Consent, Patient, Therapist, User
from scheduling.models import Modality, Service
from scheduling.outbox import remind, rooms, words
from scheduling.outbox.words import News, Words, sender_name
from tests.outbox.acts import booked, cancelled, moved, restored
from tests.world import at, patient

SWEPT = [remind.sweep, rooms.warn_unfilled]
THURSDAY = "2027-03-04"
# Whatever the clinic knows beside the time; none of it may be in any byte that leaves.
CANARIES = {
    "clinic": "Kanarienberg Recovery",
    "service": "Zebrafinch exposure course",
    "modality": "Siskin therapy",
    "therapist": "Berta Goldammer",
    "credentials": "Goldhaehnchen PsyD",
    "first": "Rotkehlchen",
    "last": "Zaunkoenig",
    "called": "Stieglitz",
    "phone": "+13105559876",
    "address": "17 Dompfaff Street",
    "emergency": "Kleiber 555-0777",
    "birth": "1977-07-17",
}
DENIED = re.compile(
    r"therap|treat|counsel|psych|mental|clinic(?!\.example)|patient|doctor|CBT|DBT|REBT|group"
    r"|diagnos|recover|addict|rehab|session|class\b",
    re.IGNORECASE,
)


@pytest.fixture
def canaries(world):
    """The world with a telling name in every field."""
    Clinic.objects.update(name=CANARIES["clinic"], sender_name=CANARIES["clinic"])
    Service.objects.update(name=CANARIES["service"], about=CANARIES["service"])
    Modality.objects.update(name=CANARIES["modality"])
    Therapist.objects.update(name=CANARIES["therapist"], credentials=CANARIES["credentials"])
    User.objects.update(name=CANARIES["therapist"])
    for who in Patient.objects.all():
        who.first_name, who.last_name = CANARIES["first"], CANARIES["last"]
        who.called, who.phone = CANARIES["called"], CANARIES["phone"]
        who.address, who.emergency_contact = CANARIES["address"], CANARIES["emergency"]
        who.birth_date = CANARIES["birth"]
        who.save()
    world.clinic.refresh_from_db()
    return world


def plain(message) -> str:
    """Every header, text and calendar line of a message, decoded."""
    parts = [f"{name}: {value}" for name, value in message.mail.items()]
    for part in message.mail.walk():
        parts += [f"{name}: {value}" for name, value in part.items()]
        if not part.is_multipart():
            content = part.get_content()
            parts.append(content if isinstance(content, str) else content.decode())
    return "\n".join(parts).replace("\r\n ", "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("medium", "signed"), [("video", True), ("telephone", True), ("video", False)]
)
def test_every_mail_of_a_whole_story_is_neutral(canaries, sink, work, signed, medium):
    """PR1, PR4: subject, sender, body, invite, file name; patient, guest and therapist."""
    world = canaries
    guest = patient(world.clinic, "Rosa", user=None, email="rosa@home.example")
    if not signed:
        Consent.objects.filter(form="mail").delete()
    for who, hour in ((world.nora, 14), (guest, 15)):
        seat = booked(world, who, start=at(THURSDAY, hour), medium=medium)
        work()
        moved(world, seat, at(THURSDAY, hour - 5))
        work()
        cancelled(world, seat, reason="therapist_ill")
        work()
        restored(world, seat)
        seat.refresh_from_db()
        for hours_before in (24, 1):
            work(seat.starts_at - timedelta(hours=hours_before))
    assert len(sink.messages) == (20 if signed else 16)
    for message in sink.messages:
        said = plain(message)
        for name, canary in CANARIES.items():
            for word in (word for word in canary.split() if len(word) > 5):
                assert word.lower() not in said.lower(), (name, message.to)
        ours = re.sub(r"https://\S+|text/\S+|multipart/\S+|CLASS:PRIVATE", "", said)
        assert not DENIED.search(ours), DENIED.search(ours)


@pytest.mark.parametrize("news", list(News))
@pytest.mark.parametrize("host", [True, False])
def test_every_template_says_only_what_it_was_given(news, host):
    """PR1: an allow-list. The words that a template may print are the fields of `Words`."""
    marks = {
        field.name: f"https://clinic.example/{field.name}"
        for field in fields(Words)
        if field.type == "str"
    }
    page = words.render(Words(news=news, host=host, **marks))
    assert page.subject in ("Your appointment", "You have a message")
    for body in (page.text, page.html):
        assert not DENIED.search(re.sub(r"https://\S+", "", body))
        assert "{{" not in body and "{%" not in body and "None" not in body
        told = set(re.findall(r"https://clinic\.example/(\w+)", body))
        if news is News.NOTICE:
            assert told == {"sign_in_url", "phone", "signature"}
        else:
            assert "sign_in_url" not in told and "when" in told


def test_mail_loads_nothing_from_anywhere():
    """BR3: no image, style sheet, script or font."""
    page = words.render(Words(news=News.BOOKED, when="x", join_url="https://clinic.example/j/x/"))
    assert not re.search(r"<(img|link|script|iframe|style)|src=|url\(|@import", page.html)


def test_what_somebody_typed_is_inert_in_html():
    """BR6: the clinic's telephone and sender are the only typed words."""
    page = words.render(Words(news=News.BOOKED, phone="<b>5</b>", signature="<script>x"))
    assert "<b>" not in page.html and "<script>" not in page.html


@pytest.mark.parametrize(
    "name",
    [
        "Harbor Recovery", "Bay Rehab", "Sober Living", "Opioid Program", "MAT Program",
        "The IOP", "Substance Care", "Detox West", "Harbor Behavioral Health", "Talk Therapy",
    ],
)  # fmt: skip
def test_a_telling_sender_is_replaced(name):
    """P25."""
    assert sender_name(name) == "Appointments"


@pytest.mark.parametrize("name", ["Harbor", "Appointments", "Matilda's Office", "Harbor Health"])
def test_a_neutral_sender_stays(name):
    assert sender_name(name) == name


@pytest.mark.parametrize("name", ["", "a\r\nBcc: x", "<x@y>", '"'])
def test_a_sender_is_always_one_name(name):
    """TK9."""
    assert "\n" not in sender_name(name) and not set(sender_name(name)) & set('"<>@')
    assert sender_name(name)
