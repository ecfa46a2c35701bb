"""Sealed fields: what the database and its backups must not be able to read (EN2).

A value is stored as `v1.<key id>.<base64 of nonce and AES-256-GCM text>`, bound to the place it
stands in: `accounts.patient.phone:<uuid of the row>`. It opens when its attribute is read. A token
that was changed, moved to another row or column, sealed with an unknown key, or never sealed at
all raises SealedError, whose text names the place and never the value.

The empty string is stored as NULL, and NULL reads as the empty string.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django import forms
from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models, transaction
from django.db.models.query_utils import DeferredAttribute

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField

VERSION = "v1"
NONCE = 12  # bytes


class SealedError(Exception):
    """A value cannot be opened, or was about to be stored unsealed."""


# The key ring


@lru_cache(maxsize=4)
def _ring(keys: tuple[str, ...]) -> dict[str, AESGCM]:
    ring = {}
    for entry in keys:
        kid, _, text = entry.partition(":")
        secret = b64decode(text, validate=True)
        if not kid.isalnum() or len(secret) != 32:
            raise ImproperlyConfigured("SEALED_KEYS: each is <letters and digits>:<32 bytes>")
        ring[kid] = AESGCM(secret)
    if not ring:
        raise ImproperlyConfigured("SEALED_KEYS is empty.")
    return ring


def ring() -> dict[str, AESGCM]:
    """Key id -> cipher, in the order of settings.SEALED_KEYS; the first one seals."""
    return _ring(tuple(settings.SEALED_KEYS))


def current_key() -> str:
    return next(iter(ring()))


def seal(text: str, place: str) -> str:
    """A token that opens only at `place`."""
    nonce = os.urandom(NONCE)
    kid = current_key()
    body = nonce + ring()[kid].encrypt(nonce, text.encode(), place.encode())
    return f"{VERSION}.{kid}.{urlsafe_b64encode(body).decode()}"


def unseal(token: str, place: str) -> str:
    try:
        version, kid, text = token.split(".")
        if version != VERSION:
            raise ValueError
        body = urlsafe_b64decode(text)
        return ring()[kid].decrypt(body[:NONCE], body[NONCE:], place.encode()).decode()
    except (ValueError, KeyError, InvalidTag):
        raise SealedError(f"What is stored at {place} cannot be opened.") from None


class SealedValue:
    """What comes out of the database: opaque, and silent when printed."""

    __slots__ = ("_label", "_token")

    def __init__(self, token: str, label: str) -> None:
        self._token = token
        self._label = label

    def open(self, uuid: object) -> str:
        """The text, given the uuid of the row it was read from."""
        return unseal(self._token, f"{self._label}:{uuid}")

    @property
    def token(self) -> str:
        return self._token

    @property
    def key(self) -> str:
        """The id of the key that sealed it."""
        return self._token.split(".")[1] if self._token.count(".") == 2 else ""

    def __repr__(self) -> str:
        return "<sealed>"


# The fields


class SealedAttribute(DeferredAttribute):
    """Opens on reading. The instance keeps what was loaded, or the text that was assigned."""

    field: SealedField

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is None:
            return self
        if isinstance(value, SealedValue):
            return value.open(self.field.uuid_of(instance))
        return "" if value is None else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(TextField):
    """`max_length` is of the text, for forms. Cannot be searched: see `blind_index`."""

    descriptor_class = SealedAttribute
    default_length = 4000

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["null"] = True
        kwargs.setdefault("max_length", self.default_length)
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        return [*super().check(**kwargs), *self._check_uuid()]

    def _check_uuid(self) -> list[checks.CheckMessage]:
        try:
            found = isinstance(self.model._meta.get_field("uuid"), models.UUIDField)
        except FieldDoesNotExist:
            found = False
        text = "A model with sealed fields needs a UUIDField named uuid."
        return [] if found else [checks.Error(text, obj=self, id="accounts.E001")]

    @property
    def label(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def uuid_of(self, instance: models.Model) -> object:
        return instance.uuid  # type: ignore[attr-defined]

    def from_db_value(self, value: str | None, *args: object) -> SealedValue | None:
        return None if value is None else SealedValue(value, self.label)

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, SealedValue) else super().to_python(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> SealedValue | None:
        value = model_instance.__dict__.get(self.attname)
        uuid = self.uuid_of(model_instance)
        if isinstance(value, SealedValue):
            value.open(uuid)  # nothing is written that could not be read again
            return value
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise SealedError(f"{self.label} takes text, no {type(value).__name__}.")
        return SealedValue(seal(value, f"{self.label}:{uuid}"), self.label)

    def get_prep_value(self, value: Any) -> str | None:
        """Everything on its way to the database passes here; text never does."""
        if value is None:
            return None
        if isinstance(value, SealedValue):
            return value.token
        raise SealedError(f"{self.label} is sealed by save() and bulk_create() alone.")

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """Refuses expressions: F("..."), Value("..."), and the CASE of bulk_update()."""
        if hasattr(value, "as_sql"):
            raise SealedError(f"{self.label} takes no expression.")
        return "%s"

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> Any:
        return None

    def value_to_string(self, obj: models.Model) -> str:
        """For dumpdata, which would write the text; back up the database instead."""
        raise SealedError(f"{self.label} is not serialized.")


class SealedTextField(SealedField):
    """Several lines."""


class SealedCharField(SealedField):
    """One line."""

    default_length = 200

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"widget": forms.TextInput, **kwargs})


# Rotation


def sealed_fields(model: type[models.Model]) -> list[SealedField]:
    return [field for field in model._meta.local_fields if isinstance(field, SealedField)]


def reseal(model: type[models.Model], batch: int = 500) -> tuple[int, int]:
    """Open every sealed value of a model, and seal anew what another key had sealed.

    Returns rows read and rows rewritten. Raises SealedError at the first value that does not open.
    A transaction per batch; may be broken off and run again.
    """
    read = written = last = 0
    while True:
        with transaction.atomic():
            rows = (
                model._base_manager.select_for_update().filter(pk__gt=last).order_by("pk")[:batch]
            )
            for row in rows:
                written += _reseal_row(row)
                read, last = read + 1, row.pk
            if len(rows) < batch:
                return read, written


def _reseal_row(row: models.Model) -> bool:
    stale = []
    for field in sealed_fields(type(row)):
        value = row.__dict__[field.attname]
        text = getattr(row, field.attname)
        if isinstance(value, SealedValue) and value.key != current_key():
            setattr(row, field.attname, text)
            stale.append(field.name)
    if stale:
        row.save(update_fields=stale)
    return bool(stale)


# Exact search


def blind_index(value: str, purpose: str) -> str:
    """A keyed fingerprint for exact match, 64 characters; of nothing, nothing.

    `purpose` ("patient.phone") keeps the same number in two columns from looking the same.
    """
    if not value:
        return ""
    key = b64decode(settings.BLIND_INDEX_KEY, validate=True)
    return hmac.new(key, f"{purpose}\0{value}".encode(), "sha256").hexdigest()


def normal_phone(text: str) -> str:
    """One spelling per number: `(555) 010-1234` and `1 555 010 1234 ext. 2` -> `+15550101234`.

    Ten digits, or eleven after a 1, are North American. No digits, no number: "".
    """
    number = text.lower().partition("ext")[0].partition("x")[0].strip()
    digits = "".join(str(int(sign)) for sign in number if sign.isdecimal())
    if number.startswith("+"):
        return f"+{digits}" if digits else ""
    if digits.startswith(("00", "011")):
        return "+" + digits.removeprefix("011").removeprefix("00")
    if len(digits) == 10:
        return f"+1{digits}"
    return f"+{digits}" if len(digits) == 11 and digits[0] == "1" else digits
