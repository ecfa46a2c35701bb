"""A page with every part of docs/pages.md, for test_parts.py alone."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils import timezone

PAGE = """{% extends base %}
{% block title %}Parts{% endblock %}
{% block nav %}<a href="#a" aria-current="page">Mine</a><a href="#b">Profile</a>{% endblock %}
{% block content %}
{% include "components/errors.html" %}
<div class="page-head"><h1>Find a time</h1><p>Next available: <a href="#n">Tuesday</a></p></div>
{% include "components/steps.html" with current=2 %}
{% include "components/countdown.html" with clock="2:45 PM PST" %}
{% include "components/notice.html" with kind="success" title="Your time is booked" text="Good." %}
{% include "components/notice.html" with kind="warn" title="This is late" %}
{% include "components/notice.html" with kind="danger" title="Just taken" alert=True %}
<form class="filters inline"><div class="field"><label for="z">Time zone</label>
<select id="z" name="zone" data-guess-zone><option value="America/New_York">New York</option>
</select></div><button class="button quiet">Show</button></form>
<form method="post" class="form">{% include "components/slots.html" with chosen="2" %}
<div class="actions sticky"><button class="button">Hold this time</button></div></form>
<section class="card"><h2>Check your booking</h2>{% include "components/facts.html" %}
<div class="actions"><button type="button" class="button danger">Give it up</button>
<button type="button" class="button link">Back</button></div></section>
<form method="post" class="form card" id="wrong">{{ form }}
<button class="button">Save</button></form>
<ul class="cards"><li class="card"><p class="when">Tuesday</p><p class="row">
{% include "components/chip.html" with label="Booked" kind="success" %}
{% include "components/chip.html" with label="Held" %}
{% include "components/chip.html" with label="Late" kind="warn" %}
{% include "components/chip.html" with label="No-show" kind="danger" %}
{% include "components/chip.html" with label="Cancelled" kind="off" %}</p></li></ul>
{% include "components/tabs.html" with label="Sessions" %}
<div class="table-scroll" role="region" aria-labelledby="c1" tabindex="0"><table class="dense">
<caption id="c1">Today</caption><thead><tr><th scope="col">Time</th><th scope="col">Therapist</th>
<th scope="col" class="number">Minutes</th></tr></thead><tbody><tr><th scope="row">
<time>9:00 AM PST</time></th><td>Dr. Ana Weaver</td><td class="number">50</td></tr></tbody></table>
</div>
<div class="table-scroll"><table class="reflow" role="table"><caption>Licences</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader">State</th>
<th role="columnheader">Until</th></tr></thead><tbody role="rowgroup"><tr role="row">
<th role="rowheader" data-label="State">California</th>
<td role="cell" data-label="Until">March 1, 2027</td></tr></tbody></table></div>
<h2>This week</h2>
<ol class="week"><li class="today"><h3>Mon 30</h3><a class="entry" href="#w"><time>9:00 AM</time>
<span>Maria L.</span></a><div class="entry off"><time>1:00 PM</time> off</div></li></ol>
<details open><summary>How it works</summary><div class="details-body"><p>So.</p></div></details>
{% include "components/empty.html" with title="None" text="Why" action_url="#e" action_label="Go" %}
{% include "components/pagination.html" with earlier_url="#1" later_url="#2" here="This week" %}
<section id="poll" role="status" data-poll="/polled/" data-poll-seconds="3">Waiting</section>
{% endblock %}"""


class Everything(forms.Form):
    name = forms.CharField(label="Your name")
    phone = forms.CharField(label="Telephone", help_text="If the video fails.", required=False)
    where = forms.ChoiceField(label="Where you will be", choices=[("CA", "California")])
    remind = forms.ChoiceField(
        label="Reminder", widget=forms.RadioSelect, choices=[("d", "Day"), ("h", "Hour")]
    )
    ways = forms.MultipleChoiceField(
        label="Ways", widget=forms.CheckboxSelectMultiple, choices=[("v", "Video")], required=False
    )
    agree = forms.BooleanField(label="I agree", help_text="You can take this back.")
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def slots(first: int) -> list[dict[str, str]]:
    return [
        {
            "value": str(first + n),
            "time": f"{n}:00 PM",
            "name": f"Tuesday, December 1, {n}:00 PM PST",
        }
        for n in range(1, 5)
    ]


def context(base: str, left: int) -> dict[str, object]:
    now = timezone.now()
    return {
        "base": base,
        "steps": ["Find", "Sign in", "Check", "Done"],
        "now": now,
        "until": now + timedelta(seconds=left),
        "days": [
            {
                "heading": "Tuesday, December 1",
                "count": 4,
                "parts": [{"heading": "Afternoon", "slots": slots(0)}],
            },
            {"heading": "Wednesday, December 2", "count": 4, "slots": slots(10)},
        ],
        "facts": [{"term": "Who", "value": "Dr. Ana Weaver", "change": "#c"}],
        "form": Everything({"phone": "1"}),
        "tabs": [{"label": "Coming", "url": "#t", "current": True}, {"label": "Past", "url": "#p"}],
        "staff_links": [{"label": "Today", "url": "/staff/"}, {"label": "Week", "url": "#w"}],
    }


def show(request: HttpRequest, base: str) -> HttpResponse:
    left = int(request.GET.get("left", 582))
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render(context(base, left), request))


@login_not_required
def patients(request: HttpRequest) -> HttpResponse:
    return show(request, "base.html")


@login_not_required
def staff(request: HttpRequest) -> HttpResponse:
    return show(request, "staff_base.html")


@login_not_required
def polled(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>The room is ready</p>")


urlpatterns = [
    path("patients/", patients),
    path("staff/", staff),
    path("polled/", polled),
]
