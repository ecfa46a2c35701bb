"""From the link in a mail into the platform's room, on a telephone (TK1, BR4)."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Page, expect

from scheduling.models import Booking
from tests.ways_in.story import PLACE, booked_now, contact_on_file, link_of, pasted, platform
from tests.world import World, build

pytestmark = pytest.mark.usefixtures("clock")


def certificate(folder: Path) -> Path:
    """A key and a certificate of our own for localhost, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class VideoPlatform:
    """Somebody else's site: shows a room, keeps what browsers tell it."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[dict[str, str]] = []
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                platform.heard.append({k.lower(): v for k, v in self.headers.items()})
                body = b"<!doctype html><title>Room</title><h1>The video room</h1>"
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                """Silent."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate(folder))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.host = f"localhost:{self.server.server_port}"
        self.url = f"https://{self.host}/r/77"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def outside(tmp_path) -> Iterator[VideoPlatform]:
    made = VideoPlatform(tmp_path)
    yield made
    made.close()


@pytest.fixture
def world(outside) -> World:
    made = build()
    platform(made, hosts=outside.host)
    return made


@pytest.fixture
def booking(world) -> Booking:
    """A session that has begun within the last quarter of an hour."""
    return booked_now(world)


def fill_in(page: Page) -> None:
    for label, value in (
        ("Your full name", PLACE["full_name"]),
        ("Address where you are now", PLACE["address"]),
        ("Telephone number for this session", PLACE["call_back"]),
        ("Emergency contact", PLACE["emergency_contact"]),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_label("State where you are now").select_option("CA")


def test_the_whole_way_on_a_telephone(new_page, world, booking, outside, axe):
    """TK1, BR4: The room comes while the patient waits: the page goes on by itself."""
    page = new_page(width=320, ignore_https_errors=True)
    token = link_of(booking).token
    page.goto(f"/j/{token}/")
    assert page.url.endswith("/join/")
    axe(page)
    page.get_by_label("Your birth date").fill("1990-05-17")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check in")
    axe(page)
    fill_in(page)
    page.get_by_role("button", name="Check in").click()
    expect(page.get_by_text("The room is being prepared.")).to_be_visible()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    pasted(world, booking, outside.url, datetime.now(UTC))
    expect(page.get_by_role("heading", level=1)).to_have_text("Your room is ready")
    axe(page)
    page.get_by_role("button", name="Go in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The video room")
    assert page.url == outside.url
    assert "referer" not in outside.heard[0]
    page.go_back()
    assert token not in page.url


def test_without_a_script(new_page, world, booking, outside):
    pasted(world, booking, outside.url, datetime.now(UTC))
    page = new_page(width=320, javascript=False, ignore_https_errors=True)
    page.goto(f"/j/{link_of(booking).token}/")
    page.get_by_label("Your birth date").fill("1990-05-18")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("does not match")
    page.get_by_label("Your birth date").fill("1990-05-17")
    page.get_by_role("button", name="Continue").click()
    fill_in(page)
    page.get_by_role("button", name="Check in").click()
    page.get_by_role("button", name="Go in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The video room")


def test_the_therapist_goes_in_too(new_page, sign_in_page, world, booking, outside, axe):
    pasted(world, booking, outside.url, datetime.now(UTC))
    contact_on_file(booking)
    page = sign_in_page(new_page(ignore_https_errors=True), world.alma.user)
    page.goto(f"/c/harbor/sessions/{booking.session.uuid}/enter/")
    axe(page)
    page.get_by_role("button", name="Go in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The video room")
    assert "referer" not in outside.heard[0]
