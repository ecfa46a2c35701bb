"""What a clinic's admin decides for the clinic and its people: policies, forms, profiles, cover."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from itertools import chain, count
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Max, Model, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actions.staff import note_departure
from accounts.actor import Actor
from accounts.models import Clinic, ConsentForm, Cover, Form, Therapist
from scheduling import policy
from scheduling.actions.action import action
from scheduling.engine.hours import UnknownZone, require_zone
from scheduling.engine.slots import STEPS
from scheduling.errors import BadInput, NoSuchZone, NotFound, UnknownField

M = TypeVar("M", bound=Model)

POLICIES = frozenset({
    "name", "time_zone", "week_starts", "phone", "sender_name", "emergency_text", "newcomers",
    "grid", "buffer_before", "buffer_after", "min_notice", "horizon_days", "max_per_day",
    "hold_minutes", "max_holds", "change_notice", "late_notice", "reminders",
})  # fmt: skip
PROFILE = frozenset({
    "name", "credentials", "about", "time_zone", "languages", "accepting", "active",
})  # fmt: skip
# Smallest and greatest, in minutes unless the name says otherwise.
BOUNDS = {
    "buffer_before": (0, 120),
    "buffer_after": (0, 120),
    "min_notice": (0, 60 * 24 * 30),
    "horizon_days": (1, 730),
    "max_per_day": (1, 30),
    "hold_minutes": (2, 60),
    "max_holds": (1, 10),
    "change_notice": (0, 60 * 24 * 30),
    "late_notice": (0, 60 * 24 * 30),
}
REMINDER = 7 * 1440
REMINDERS = _("Please give minutes with commas: five times at most, none more than a week before.")


def require_admin(actor: Actor) -> Clinic:
    """The clinic that the actor runs, or NotFound (AC5)."""
    if actor.clinic is None or not actor.has(policy.ADMIN):
        raise NotFound
    return actor.clinic


def put(row: M, said: Mapping[str, Any], allowed: Collection[str]) -> list[str]:
    """Set what differs and is allowed; the names that changed. BadInput names a wrong one."""
    if said.keys() - set(allowed):
        raise UnknownField(field=min(said.keys() - set(allowed)))
    require_terms(said)
    changed = [name for name, value in said.items() if getattr(row, name, None) != value]
    for name in changed:
        setattr(row, name, said[name])
    others = {field.name for field in row._meta.fields} - set(said) if row.pk else set()
    try:
        row.clean_fields(exclude=others | {"reminders"})  # "" is none of them
    except ValidationError as error:
        raise BadInput(field=next(iter(error.message_dict))) from error
    return changed


def require_terms(said: Mapping[str, Any]) -> None:
    """Grid, notice, buffers and the like within what the engine can keep."""
    for name, (low, high) in BOUNDS.items():
        value = said.get(name)
        if value is not None and not low <= value <= high:
            raise BadInput(field=name)
    if said.get("grid") is not None and said["grid"] not in STEPS:
        raise BadInput(field="grid")
    if "time_zone" in said:
        try:
            require_zone(said["time_zone"])
        except UnknownZone as error:
            raise NoSuchZone(field="time_zone") from error


def require_own_name(others: QuerySet[Any], name: str) -> None:
    """Two of one name cannot be told apart; and a form that is sent twice makes one thing."""
    if others.filter(name__iexact=name).exists():
        raise BadInput(_("There is one of this name already. Please choose another."), field="name")


def free_code(rows: QuerySet[Any], field: str, name: str) -> str:
    """What stands for a name in addresses and reports; none of the rows has it: "cbt", "cbt-2"."""
    longest = rows.model._meta.get_field(field).max_length
    base = slugify(name)[:longest].strip("-") or str(rows.model._meta.model_name)
    stem = base[: longest - 4]
    taken = set(rows.filter(**{f"{field}__startswith": stem}).values_list(field, flat=True))
    numbered = (f"{stem}-{number}" for number in count(2))
    return next(code for code in chain([base], numbered) if code not in taken)


@action("clinic.policies")
def set_policies(*, actor: Actor, now: datetime, **said: Any) -> Clinic:
    """New rules hold for what is booked from now on; nothing that is booked moves."""
    clinic = Clinic.objects.select_for_update(no_key=True).get(pk=require_admin(actor).pk)
    if "reminders" in said:
        said["reminders"] = reminders(said["reminders"])
    changed = put(clinic, said, POLICIES)
    if changed:
        clinic.save(update_fields=changed)
        audit.record(actor, "clinic.policies", obj=clinic, detail=dict.fromkeys(changed, True))
    return clinic


def reminders(text: str) -> str:
    """ "24 h" is no reminder: minutes before the start, the longest first; "" is none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > 5 or not all(p.isascii() and p.isdecimal() and len(p) < 6 for p in parts):
        raise BadInput(REMINDERS, field="reminders")
    minutes = sorted({int(part) for part in parts}, reverse=True)
    if any(not 0 < one <= REMINDER for one in minutes):
        raise BadInput(REMINDERS, field="reminders")
    return ",".join(str(one) for one in minutes)


@action("consent_form.publish")
def publish_form(*, form: str, text: str, actor: Actor, now: datetime) -> ConsentForm:
    """A new version. Who signed an older one is asked again before the next booking (TH3)."""
    clinic = require_admin(actor)
    if form not in Form.values or not text.strip():
        raise BadInput(field="form" if form not in Form.values else "text")
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    rows = ConsentForm.objects.filter(clinic=clinic, form=form)
    newest = rows.aggregate(newest=Max("version"))["newest"] or 0
    made = ConsentForm.objects.create(
        clinic=clinic, form=form, version=newest + 1, text=text.strip()
    )
    audit.record(actor, "consent_form.publish", detail={"form": form, "v": made.version})
    return made


@action("therapist.change")
def change_therapist(*, therapist: UUID, actor: Actor, now: datetime, **said: Any) -> Therapist:
    """The public profile and the zone in which the hours are read. Sessions stay where they are."""
    require_admin(actor)
    who = policy.find(Therapist, actor, uuid=therapist)
    if "languages" in said:
        said["languages"] = ",".join(languages(said["languages"]))
    changed = put(who, said, PROFILE)
    if changed:
        who.save(update_fields=changed)
        if "active" in changed:
            note_departure(who, now)
        audit.record(actor, "therapist.change", obj=who, detail=dict.fromkeys(changed, True))
    return who


def languages(text: str) -> list[str]:
    """ "en, es" -> codes of two or three letters, each once."""
    codes = [code.strip().lower() for code in text.split(",") if code.strip()]
    if not codes or not all(c.isascii() and c.isalpha() and 2 <= len(c) <= 3 for c in codes):
        raise BadInput(_("Please give codes of languages with commas: en, es."), field="languages")
    return list(dict.fromkeys(codes))


@action("cover.grant")
def grant_cover(
    *,
    covering: UUID,
    covered: UUID,
    first_day: date,
    last_day: date,
    actor: Actor,
    now: datetime,
) -> Cover:
    """One therapist stands in for another, from day to day, both included (AC12)."""
    require_admin(actor)
    stand_in = policy.find(Therapist, actor, uuid=covering)
    away = policy.find(Therapist, actor, uuid=covered)
    if stand_in == away:
        raise BadInput(_("Nobody stands in for themselves."), field="covered")
    if last_day < first_day:
        raise BadInput(_("The last day comes before the first."), field="last_day")
    if last_day < now.date():
        raise BadInput(_("These days are over."), field="last_day")
    if (last_day - first_day).days > 366:
        raise BadInput(_("Somebody stands in for a year at most."), field="last_day")
    made, is_new = Cover.objects.get_or_create(
        covering=stand_in, covered=away, first_day=first_day, last_day=last_day
    )
    if is_new:
        audit.record(actor, "cover.grant", obj=stand_in, detail={"covered": str(away.uuid)})
    return made


@action("cover.end")
def end_cover(*, cover: int, actor: Actor, now: datetime) -> None:
    """Acts on the next request."""
    require_admin(actor)
    row = policy.find(Cover, actor, pk=cover)
    stand_in, away = row.covering, row.covered
    row.delete()
    audit.record(actor, "cover.end", obj=stand_in, detail={"covered": str(away.uuid)})
