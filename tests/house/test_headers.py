"""The headers of every answer, and what errors say."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from telehealth.middleware import PrivateResponseMiddleware

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.house.urls")]

ROUTES = [
    "/public/",
    "/join/secret/",
    "/page/",
    "/nothing/here/",
    "/healthz",
    "/readyz",
    "/admin/",
    "/api/page/",
    "/refuse/hidden/",
    "/refuse/reason/",
    "/refuse/audit/",
]


@pytest.fixture
def nora():
    return get_user_model().objects.create_user("nora@example.org", name="Nora")


@pytest.mark.parametrize("route", ROUTES)
def test_no_answer_is_kept_or_framed(client: Client, route: str):
    """SE6, BR2, BR4, BR5."""
    answer = client.get(route)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "geolocation=()" in answer["Permissions-Policy"]
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert "Server" not in answer


def test_no_origin_is_let_in(client: Client):
    """BR5: no CORS, and a foreign origin is never repeated."""
    answer = client.get("/public/", headers={"origin": "https://evil.test"})
    assert not [name for name in answer.headers if name.startswith("Access-Control")]
    assert "evil" not in str(answer.headers)


def test_what_a_view_says_about_caching_is_overruled(rf):
    """SE6."""
    kind = HttpResponse(headers={"Cache-Control": "public, max-age=600", "Expires": "tomorrow"})
    request = rf.get("/")
    request.resolver_match = None
    answer = PrivateResponseMiddleware(lambda _request: kind)(request)
    assert answer["Cache-Control"] == "no-store, private"
    assert "Expires" not in answer


def test_signing_out_ends_the_session_and_clears_the_browser(client: Client, nora, sign_in):
    """SE3, SE6."""
    sign_in(client, nora)
    old = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    answer = client.post("/accounts/logout/")
    assert '"cache"' in answer["Clear-Site-Data"]
    client.cookies[django_settings.SESSION_COOKIE_NAME] = old
    assert client.get("/page/").status_code == 302


def test_hidden_and_absent_are_one_page(client: Client):
    """AC2: same status, same body."""
    hidden, absent = client.get("/refuse/hidden/"), client.get("/nothing/here/")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content


@pytest.mark.parametrize(("how", "status"), [("reason", 422), ("hidden", 404), ("audit", 503)])
def test_a_refusal_is_told_in_the_tongue_of_its_door(client: Client, how: str, status: int):
    """LG7: 503 where the record cannot be written."""
    page, answer = client.get(f"/refuse/{how}/"), client.get(f"/api/refuse/{how}/")
    assert page.status_code == answer.status_code == status
    assert page["Content-Type"].startswith("text/html") and b"<h1>" in page.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status and answer.json()["code"]


@pytest.mark.parametrize("route", ["/refuse/broken/", "/api/refuse/broken/"])
def test_our_own_mistake_says_nothing_of_the_inside(client: Client, route: str):
    """EN5: no message, path or version."""
    client.raise_request_exception = False
    answer = client.get(route)
    assert answer.status_code == 500
    for word in ("Canary", "ValueError", "tests", "Django", "python", "Traceback"):
        assert word not in answer.content.decode()


def test_a_form_from_elsewhere_is_refused_kindly(nora, sign_in):
    """BR1."""
    client = sign_in(Client(enforce_csrf_checks=True), nora)
    answer = client.post("/page/")
    assert answer.status_code == 403
    assert "again" in answer.content.decode()


def test_the_cache_is_shared_by_all_processes():
    """Limits would otherwise count per process."""
    cache.set("known", "to all", 60)
    assert cache.get("known") == "to all"
    assert "DatabaseCache" in django_settings.CACHES["default"]["BACKEND"]
