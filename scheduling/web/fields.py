"""What several pages ask for alike."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from scheduling.engine.hours import in_reach
from scheduling.errors import NoSuchDate


class DayField(forms.DateField):
    """A date, typed or picked in the browser's own field."""

    def __init__(self, label: Any, **more: Any) -> None:
        super().__init__(
            label=label,
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            error_messages={"invalid": NoSuchDate.sentence},
            **more,
        )

    def to_python(self, value: Any) -> date | None:
        day: date | None = super().to_python(value)
        if day and not in_reach(day):
            raise forms.ValidationError(NoSuchDate.sentence, code="invalid")
        return day
