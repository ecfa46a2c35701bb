"""{{ clinic.phone|grouped }} to read, <a href="tel:{{ clinic.phone|dialled }}"> to call."""

from __future__ import annotations

from django import template

from accounts.phone import grouped
from accounts.sealed import normal_phone

register = template.Library()
register.filter("grouped", grouped, is_safe=False)
register.filter("dialled", normal_phone, is_safe=False)
