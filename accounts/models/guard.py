"""Promises that the database itself keeps, on PostgreSQL and on SQLite.

Their statements go through the schema editor's `deferred_sql` as `Statement`s that refer to their
table: a remake of the table on SQLite renames that reference and runs them last, so that the guard
outlives AddField, AlterField and RemoveField. A trigger made by RunSQL would be lost with the old
table, and nobody would notice.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.db import IntegrityError, NotSupportedError, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table

# No statement holds a per cent sign: the schema editor runs some with parameters, some without.
REFUSE = """\
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION USING MESSAGE = TG_NAME, CONSTRAINT = TG_NAME,
    ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER %(name)s BEFORE UPDATE OR DELETE OR TRUNCATE ON %(table)s
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"""
REFUSE_UPDATE = """\
CREATE TRIGGER %(name_update)s BEFORE UPDATE ON %(table)s BEGIN
  SELECT RAISE(ABORT, %(message)s); END"""
REFUSE_DELETE = """\
CREATE TRIGGER %(name_delete)s BEFORE DELETE ON %(table)s BEGIN
  SELECT RAISE(ABORT, %(message)s); END"""


def field_of(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    """The field that has a column here, by its name or its attribute's ("therapist_id")."""
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return field


class TriggerConstraint(models.BaseConstraint):
    """A constraint made of statements that run after the table was made.

    A subclass gives a list of templates per vendor, one that removes it on PostgreSQL, and the
    parts to fill in. SQLite needs no removal: there, it is a remake without the constraint.
    """

    on_postgresql: str
    on_sqlite: tuple[str, ...]
    off_postgresql: str

    @abstractmethod
    def parts(self, model: type[models.Model], editor: BaseDatabaseSchemaEditor) -> dict[str, Any]:
        """What the templates name, beside `table`; identifiers and literals quoted."""

    def statements(
        self, model: type[models.Model], editor: BaseDatabaseSchemaEditor
    ) -> list[Statement]:
        if editor.connection.vendor == "postgresql":
            templates: tuple[str, ...] = (self.on_postgresql,)
        elif editor.connection.vendor == "sqlite":
            templates = self.on_sqlite
        else:
            raise NotSupportedError("This guard is written for PostgreSQL and SQLite.")
        return [self._statement(template, model, editor) for template in templates]

    def _statement(
        self, template: str, model: type[models.Model], editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        table = Table(model._meta.db_table, editor.quote_name)
        return Statement(template, table=table, **self.parts(model, editor))

    def constraint_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> None:
        """Called while the table is being made, or remade."""
        schema_editor.deferred_sql.extend(self.statements(model, schema_editor))

    def create_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        first, *rest = self.statements(model, schema_editor)
        schema_editor.deferred_sql.extend(rest)
        return first

    def remove_sql(  # type: ignore[override]
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        return self._statement(self.off_postgresql, model, schema_editor)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash((type(self), self.name))


class AppendOnly(TriggerConstraint):
    """Rows of this table are added and read, never changed, deleted or truncated (LG2).

    Arrives as IntegrityError with the constraint's name.
    """

    on_postgresql = REFUSE
    on_sqlite = (REFUSE_UPDATE, REFUSE_DELETE)
    off_postgresql = "DROP TRIGGER IF EXISTS %(name)s ON %(table)s"

    def parts(self, model: type[models.Model], editor: BaseDatabaseSchemaEditor) -> dict[str, Any]:
        return {
            "name": editor.quote_name(self.name),
            "name_update": editor.quote_name(f"{self.name}_update"),
            "name_delete": editor.quote_name(f"{self.name}_delete"),
            "message": editor.quote_value(self.name),
        }

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing in a form can be wrong about it."""


def violated(error: IntegrityError) -> str | None:
    """The name of the constraint that refused, where the database tells; the same on both.

    SQLite names the columns of a plain unique constraint instead; they lead to its name.
    """
    cause = error.__cause__
    if diagnosis := getattr(cause, "diag", None):
        return diagnosis.constraint_name  # type: ignore[no-any-return]
    message = str(error)
    if getattr(cause, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_TRIGGER":
        return message
    kind, _, rest = message.partition(" constraint failed: ")
    if kind == "CHECK":
        return rest
    if kind == "UNIQUE":
        return rest[7:-1] if rest.startswith("index '") else _unique_name(rest)
    return None


def _unique_name(columns: str) -> str | None:
    """`table.a, table.b` -> the name of the UniqueConstraint over just these columns."""
    from django.apps import apps

    table = columns.partition(".")[0]
    wanted = {part.rpartition(".")[2] for part in columns.split(", ")}
    for model in apps.get_models():
        if model._meta.db_table != table:
            continue
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and wanted == {
                field_of(model, name).column for name in constraint.fields
            }:
                return constraint.name
    return None
