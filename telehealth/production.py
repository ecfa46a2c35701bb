"""What production asks of its environment, and refuses to start without (EN1, EN4).

`read(env)` is a plain function of a mapping, so that every refusal is tested without a start.
Each name may also be given as `NAME_FILE`, a file that holds the value (a container's secret).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

Env = Mapping[str, str]
YEAR = 31_536_000  # seconds
SAFE_SSL_MODES = {"require", "verify-ca", "verify-full"}
HERE = {"", "localhost", "127.0.0.1", "::1"}
NO_SENDER_DOMAINS = {"", "localhost", "localhost.localdomain", "example.com", "example.org"}


def value(env: Env, name: str, default: str = "") -> str:
    """`NAME`, or what the file `NAME_FILE` holds."""
    if path := env.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names a file that cannot be read: {error.strerror}."
            ) from error
    return env.get(name, default).strip()


def refuse(name: str, sentence: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: {sentence} See docs/operations.md.")


def truth(env: Env, name: str, default: bool) -> bool:
    said = value(env, name).lower()
    if said in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if said == "" else said in {"1", "true", "yes", "on"}
    raise refuse(name, "is neither true nor false.")


def number(env: Env, name: str, default: int) -> int:
    said = value(env, name) or str(default)
    if not said.isascii() or not said.isdigit():
        raise refuse(name, "is not a whole number.")
    return int(said)


def read(env: Env) -> dict[str, Any]:
    """The settings that production differs in; raises ImproperlyConfigured naming the variable."""
    if truth(env, "DEBUG", default=False):
        raise refuse("DEBUG", "shows the inside of the service; production runs without it.")
    check_database(value(env, "DATABASE_URL"))
    hosts = read_hosts(env)
    return {
        **read_keys(env),
        **read_mail(env),
        **read_transport(env),
        "ALLOWED_HOSTS": hosts,
        "SITE_URL": read_site(env, hosts),
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        },
    }


def read_keys(env: Env) -> dict[str, Any]:
    secret = value(env, "SECRET_KEY")
    if len(secret) < 50 or len(set(secret)) < 12 or secret.startswith(("development", "django-")):
        raise refuse("SECRET_KEY", "needs 50 random characters or more.")
    sealed = [entry.strip() for entry in value(env, "SEALED_KEYS").split(",") if entry.strip()]
    names = [entry.partition(":")[0] for entry in sealed]
    if not sealed or not all(map(str.isalnum, names)) or len(set(names)) < len(names):
        raise refuse("SEALED_KEYS", "needs one name:key or more, the newest first.")
    keys = [key_bytes("SEALED_KEYS", entry.partition(":")[2]) for entry in sealed]
    keys += [key_bytes(name, value(env, name)) for name in ("BLIND_INDEX_KEY", "AUDIT_KEY")]
    if len(set(keys)) < len(keys):
        raise refuse(
            "SEALED_KEYS, BLIND_INDEX_KEY, AUDIT_KEY", "need a key each, not a shared one."
        )
    return {
        "SECRET_KEY": secret,
        "SECRET_KEY_FALLBACKS": value(env, "SECRET_KEY_FALLBACKS").split(),
        "SEALED_KEYS": sealed,
        "BLIND_INDEX_KEY": value(env, "BLIND_INDEX_KEY"),
        "AUDIT_KEY": value(env, "AUDIT_KEY"),
    }


def key_bytes(name: str, text: str) -> bytes:
    """A key is 32 random bytes in base64: `openssl rand -base64 32`."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32 or len(set(key)) < 12 or key.startswith(b"development"):
        raise refuse(name, "needs 32 random bytes in base64 (openssl rand -base64 32).")
    return key


def read_hosts(env: Env) -> list[str]:
    hosts = [host.strip() for host in value(env, "ALLOWED_HOSTS").split(",") if host.strip()]
    if not hosts or any("*" in host or host.startswith(".") for host in hosts):
        raise refuse("ALLOWED_HOSTS", "needs the exact host names, without wildcards.")
    return hosts


def read_site(env: Env, hosts: list[str]) -> str:
    """Links in mail are made of this, never of what a request says its host is (TK6)."""
    site = urlsplit(value(env, "SITE_URL"))
    if site.scheme != "https" or site.hostname not in hosts:
        raise refuse("SITE_URL", "needs https:// and a host that is in ALLOWED_HOSTS.")
    if site.path not in {"", "/"} or site.query or site.fragment or site.username:
        raise refuse("SITE_URL", "is a scheme and a host, without a path.")
    return f"https://{site.netloc}"


def read_mail(env: Env) -> dict[str, Any]:
    ssl = truth(env, "EMAIL_USE_SSL", default=False)
    tls = truth(env, "EMAIL_USE_TLS", default=not ssl)
    if ssl == tls:
        raise refuse("EMAIL_USE_TLS, EMAIL_USE_SSL", "exactly one of them is on: mail needs TLS.")
    if not (host := value(env, "EMAIL_HOST")):
        raise refuse("EMAIL_HOST", "needs the mail server.")
    sender = value(env, "DEFAULT_FROM_EMAIL")
    if not is_ours(parseaddr(sender)[1]):
        raise refuse("DEFAULT_FROM_EMAIL", "needs an address of the clinic's own domain.")
    bounces, folder = value(env, "BOUNCE_ADDRESS"), value(env, "BOUNCE_MAILDIR")
    if bounces and not is_ours(bounces):
        raise refuse("BOUNCE_ADDRESS", "needs a bare address of the clinic's own domain.")
    if folder and (not bounces or bounces.lower() == parseaddr(sender)[1].lower()):
        raise refuse("BOUNCE_ADDRESS", "needs an address of its own, since its mail is deleted.")
    return {
        "EMAIL_HOST": host,
        "EMAIL_PORT": number(env, "EMAIL_PORT", 465 if ssl else 587),
        "EMAIL_HOST_USER": value(env, "EMAIL_HOST_USER"),
        "EMAIL_HOST_PASSWORD": value(env, "EMAIL_HOST_PASSWORD"),
        "EMAIL_USE_TLS": tls,
        "EMAIL_USE_SSL": ssl,
        "DEFAULT_FROM_EMAIL": sender,
        "SERVER_EMAIL": sender,
        "BOUNCE_ADDRESS": bounces,
        "BOUNCE_MAILDIR": folder,
    }


def is_ours(address: str) -> bool:
    """A bare address that a mail server would take back an answer for."""
    name, _at, domain = address.rpartition("@")
    bare = not set(address) & set(" <>,;") and "@" not in name
    return bool(name) and bare and domain.lower() not in NO_SENDER_DOMAINS


def read_transport(env: Env) -> dict[str, Any]:
    """TLS ends here, or at a proxy of ours that sets X-Forwarded-Proto itself."""
    proxies = number(env, "TRUSTED_PROXIES", 0)
    return {
        "SECURE_SSL_REDIRECT": True,
        "SECURE_REDIRECT_EXEMPT": [r"^healthz$", r"^readyz$"],
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None,
        "SECURE_HSTS_SECONDS": YEAR,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_HSTS_PRELOAD": True,
        "LANGUAGE_COOKIE_NAME": "__Host-language",
        "LANGUAGE_COOKIE_SECURE": True,
        "LANGUAGE_COOKIE_HTTPONLY": True,
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
    }


def check_database(url: str) -> None:
    """A database on another machine is spoken to over TLS, or not at all."""
    parts = urlsplit(url)
    if not parts.scheme.startswith(("postgres", "psql", "pgsql")):
        return
    query = {name: said[-1] for name, said in parse_qs(parts.query).items()}
    host = query.get("host") or parts.hostname or ""
    if host in HERE or host.startswith("/"):
        return
    if query.get("sslmode") not in SAFE_SSL_MODES:
        raise refuse("DATABASE_URL", "a remote database needs ?sslmode=verify-full (or require).")
