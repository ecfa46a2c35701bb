"""Production starts with safe settings, or not at all."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from telehealth import production
from tests.databases import PATIENCE

TOP = Path(__file__).resolve().parents[2]


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def good(**other: str) -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "SEALED_KEYS": f"k2:{key()},k1:{key()}",
        "BLIND_INDEX_KEY": key(),
        "AUDIT_KEY": key(),
        "ALLOWED_HOSTS": "clinic.test, www.clinic.test",
        "SITE_URL": "https://clinic.test",
        "EMAIL_HOST": "mail.clinic.test",
        "DEFAULT_FROM_EMAIL": "Appointments <appointments@clinic.test>",
        **other,
    }


def test_good_settings_are_taken():
    """EN1, BR5: TLS for pages and mail, a year of HSTS, keys as given."""
    env = good()
    found = production.read(env)
    assert found["ALLOWED_HOSTS"] == ["clinic.test", "www.clinic.test"]
    assert found["SEALED_KEYS"] == env["SEALED_KEYS"].split(",")
    assert found["SECURE_SSL_REDIRECT"] and found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"], found["EMAIL_PORT"]) == (
        True,
        False,
        587,
    )
    assert found["SECURE_PROXY_SSL_HEADER"] is None


DEVELOPMENT_KEY = base64.b64encode(b"development-only-key-32-bytes!!!").decode()
BAD = [
    ("DEBUG", "true"),
    ("DEBUG", "perhaps"),
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "a" * 80),
    ("SECRET_KEY", "development-only-" + secrets.token_hex(40)),
    ("SECRET_KEY", "django-insecure-" + secrets.token_hex(40)),
    ("SEALED_KEYS", ""),
    ("SEALED_KEYS", key()),
    ("SEALED_KEYS", "k1:" + base64.b64encode(b"short").decode()),
    ("SEALED_KEYS", "k1:not base64"),
    ("SEALED_KEYS", f"k1:{key()},k1:{key()}"),
    ("SEALED_KEYS", f"k1:{DEVELOPMENT_KEY}"),
    ("SEALED_KEYS", "k1:" + base64.b64encode(b"\0" * 32).decode()),
    ("BLIND_INDEX_KEY", ""),
    ("AUDIT_KEY", DEVELOPMENT_KEY),
    ("AUDIT_KEY", base64.b64encode(b"x" * 16).decode()),
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", "*"),
    ("ALLOWED_HOSTS", "clinic.test,.clinic.test"),
    ("SITE_URL", ""),
    ("SITE_URL", "http://clinic.test"),
    ("SITE_URL", "https://other.test"),
    ("SITE_URL", "https://clinic.test/c/"),
    ("EMAIL_HOST", ""),
    ("EMAIL_USE_TLS", "false"),
    ("EMAIL_PORT", "smtp"),
    ("DEFAULT_FROM_EMAIL", ""),
    ("DEFAULT_FROM_EMAIL", "appointments@localhost"),
    ("BOUNCE_ADDRESS", "bounces"),
    ("BOUNCE_ADDRESS", "bounces@localhost"),
    ("BOUNCE_ADDRESS", "Bounces <bounces@clinic.test>"),
    ("DATABASE_URL", "postgresql://clinic:pw@db.test/clinic"),
    ("DATABASE_URL", "postgresql://clinic:pw@db.test/clinic?sslmode=prefer"),
    ("DATABASE_URL", "postgresql://clinic:pw@/clinic?host=10.0.0.7"),
    ("TRUSTED_PROXIES", "-1"),
]


@pytest.mark.parametrize(("name", "said"), BAD, ids=[f"{n}-{x[0]}" for n, x in enumerate(BAD)])
def test_unsafe_settings_are_refused_by_name(name: str, said: str):
    """EN1, EN4: the sentence names the variable, and never repeats its value."""
    with pytest.raises(ImproperlyConfigured) as refused:
        production.read(good(**{name: said}))
    assert name in str(refused.value)
    assert len(said) < 12 or said not in str(refused.value)


@pytest.mark.parametrize("address", ["", "Appointments@clinic.test"])
def test_a_mailbox_that_is_emptied_is_no_persons(address: str):
    """What arrives for BOUNCE_ADDRESS is deleted; answers of people go to the sender."""
    with pytest.raises(ImproperlyConfigured, match="BOUNCE_ADDRESS"):
        production.read(good(BOUNCE_ADDRESS=address, BOUNCE_MAILDIR="/srv/bounces"))


def test_what_comes_back_has_an_address_of_its_own():
    found = production.read(
        good(BOUNCE_ADDRESS="bounces@clinic.test", BOUNCE_MAILDIR="/srv/bounces")
    )
    assert found["BOUNCE_ADDRESS"] == "bounces@clinic.test"
    assert found["BOUNCE_MAILDIR"] == "/srv/bounces"


def test_one_key_for_two_purposes_is_refused():
    """EN4."""
    shared = key()
    with pytest.raises(ImproperlyConfigured, match="a key each"):
        production.read(good(AUDIT_KEY=shared, BLIND_INDEX_KEY=shared))


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////srv/clinic.sqlite3",
        "postgresql://clinic@/clinic?host=/run/postgresql",
        "postgresql://clinic:pw@localhost/clinic",
        "postgresql://clinic:pw@db.test/clinic?sslmode=verify-full",
    ],
)
def test_near_or_encrypted_databases_are_taken(url: str):
    """EN1: TLS to a database where it is remote."""
    production.read(good(DATABASE_URL=url))


def test_mail_by_implicit_tls():
    """EN1."""
    found = production.read(good(EMAIL_USE_SSL="true"))
    assert (found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"], found["EMAIL_PORT"]) == (
        True,
        False,
        465,
    )


def test_a_secret_may_come_from_a_file(tmp_path: Path):
    """EN4: secrets from environment or file."""
    env = good()
    (tmp_path / "audit").write_text(env.pop("AUDIT_KEY") + "\n")
    assert production.read({**env, "AUDIT_KEY_FILE": str(tmp_path / "audit")})["AUDIT_KEY"]
    with pytest.raises(ImproperlyConfigured, match="AUDIT_KEY_FILE"):
        production.read({**env, "AUDIT_KEY_FILE": str(tmp_path / "absent")})


def start(tmp_path: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What production itself says, in a process of its own."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=TOP,
        env={**inherited, **env, "TELEHEALTH_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_production_starts_and_passes_its_own_checks(tmp_path: Path):
    """EN4: `check --deploy` finds nothing."""
    done = start(tmp_path, good(TELEHEALTH_MODE="production"))
    assert done.returncode == 0, done.stderr


def test_production_without_settings_does_not_start(tmp_path: Path):
    """EN4: the development keys never serve production."""
    done = start(tmp_path, {"TELEHEALTH_MODE": "production"})
    assert done.returncode != 0
    assert "ALLOWED_HOSTS" in done.stderr


def test_an_unknown_mode_does_not_start(tmp_path: Path):
    """EN4: a misspelt mode must not fall back to development."""
    done = start(tmp_path, {"TELEHEALTH_MODE": "prodution"})
    assert done.returncode != 0
    assert "TELEHEALTH_MODE" in done.stderr
