"""The database's own word against double booking; see also `accounts.models.guard`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Columns
from django.utils.translation import gettext_lazy as _

from accounts.models.guard import TriggerConstraint, field_of, violated

__all__ = ["NoOverlap", "violated"]

# Core SQL, without btree_gist: "the same owner" is "one-point ranges that overlap". A range of two
# NULLs would be everything, hence the condition. `[)` is the default: touching is allowed.
EXCLUDE = """\
ALTER TABLE %(table)s
  ADD CONSTRAINT %(name)s EXCLUDE USING gist (
    int8range(%(owner)s, %(owner)s, '[]') WITH &&, int8range(%(start)s, %(end)s) WITH &&)
    WHERE (%(live)s AND %(owner)s IS NOT NULL),
  ADD CONSTRAINT %(name_length)s
    CHECK ((%(start)s < %(end)s AND %(end)s <= %(start)s + %(longest)s) IS TRUE)"""

# No live row is longer than `longest`, so what overlaps begins at most that much earlier: the
# bound keeps the probe to a few rows of an index over (owner, live, start).
PROBE = """\
BEGIN
  SELECT RAISE(ABORT, %(message_length)s) WHERE NEW.%(live)s NOT IN (0, 1) OR
    (NEW.%(start)s < NEW.%(end)s AND NEW.%(end)s <= NEW.%(start)s + %(longest)s) IS NOT TRUE;
  SELECT RAISE(ABORT, %(message)s) WHERE NEW.%(live)s AND EXISTS (
    SELECT 1 FROM %(table)s AS other
    WHERE other.%(owner)s = NEW.%(owner)s AND other.%(live)s = 1
      AND other.%(start)s > NEW.%(start)s - %(longest)s AND other.%(start)s < NEW.%(end)s
      AND other.%(end)s > NEW.%(start)s AND other.%(key)s IS NOT NEW.%(key)s);
END"""
ON_INSERT = f"CREATE TRIGGER %(name_insert)s BEFORE INSERT ON %(table)s {PROBE}"
ON_UPDATE = (
    "CREATE TRIGGER %(name_update)s BEFORE UPDATE OF"
    f" %(owner)s, %(start)s, %(end)s, %(live)s ON %(table)s {PROBE}"
)


class NoOverlap(TriggerConstraint):
    """No two live rows of one owner share a minute; refused whatever writes.

    `start` and `end` are whole minutes, half-open; a row lasts from 1 to `longest` minutes. A row
    without owner (a hold before sign-in) is in nobody's way. The table needs an index that begins
    with owner, live, start: SQLite's probe reads it.

    Arrives as IntegrityError; `violated()` gives `name`, or `name` + "_length". On PostgreSQL, two
    writers who do not lock the owner first may meet in a deadlock (OperationalError) instead.
    PostgreSQL looks at the rows already there when the constraint is added, SQLite does not.
    """

    on_postgresql = EXCLUDE
    on_sqlite = (ON_INSERT, ON_UPDATE)
    off_postgresql = (
        "ALTER TABLE %(table)s DROP CONSTRAINT IF EXISTS %(name)s,"
        " DROP CONSTRAINT IF EXISTS %(name_length)s"
    )
    default_violation_error_message = _("This time overlaps with another session.")

    def __init__(
        self,
        *,
        name: str,
        owner: str,
        start: str = "busy_from",
        end: str = "busy_until",
        live: str = "live",
        longest: int,
        violation_error_code: str | None = None,
        violation_error_message: Any = None,
    ) -> None:
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=violation_error_message,
        )
        self.owner, self.start, self.end, self.live = owner, start, end, live
        self.longest = int(longest)

    def parts(self, model: type[models.Model], editor: BaseDatabaseSchemaEditor) -> dict[str, Any]:
        table, meta, quote = model._meta.db_table, model._meta, editor.quote_name
        columns = {
            role: Columns(table, [str(field_of(model, name).column)], quote)
            for role, name in self._fields().items()
        }
        return columns | {
            "key": quote(str(meta.pk.column)),
            "name": quote(self.name),
            "name_length": quote(f"{self.name}_length"),
            "name_insert": quote(f"{self.name}_insert"),
            "name_update": quote(f"{self.name}_update"),
            "message": editor.quote_value(self.name),
            "message_length": editor.quote_value(f"{self.name}_length"),
            "longest": self.longest,
        }

    def _fields(self) -> dict[str, str]:
        return {"owner": self.owner, "start": self.start, "end": self.end, "live": self.live}

    def validate(
        self,
        model: type[models.Model],
        instance: models.Model,
        exclude: Collection[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """For a friendly word in a form; the promise itself is the database's."""
        fields = {role: field_of(model, name) for role, name in self._fields().items()}
        if any(field.name in (exclude or ()) for field in fields.values()):
            return
        owner, start, end, live = (getattr(instance, field.attname) for field in fields.values())
        if None in (start, end) or not 0 < end - start <= self.longest:
            self._refuse()
        if not live or owner is None:
            return
        others = model._default_manager.using(using).filter(
            **{fields["owner"].attname: owner, self.live: True},
            **{f"{self.start}__gt": start - self.longest, f"{self.start}__lt": end},
            **{f"{self.end}__gt": start},
        )
        if others.exclude(pk=instance.pk).exists():
            self._refuse()

    def _refuse(self) -> None:
        raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, **self._fields(), "longest": self.longest}
