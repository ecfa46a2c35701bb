"""A browser without a script: reads a page's forms and links, fills in, presses buttons.

It sends exactly what the page's own fields hold, so that a field that was lost is noticed.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urlencode, urljoin

from django.http import HttpResponse
from django.test import Client

from tests.web.patient import text_of

VOID = {"input", "img", "br", "hr", "meta", "link"}


class Forms(HTMLParser):
    """The forms of a page: action, method, fields with their values, buttons; and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.links: dict[str, str] = {}
        self.form: dict[str, Any] | None = None
        self.button: dict[str, str] | None = None
        self.link: str | None = None
        self.select: str | None = None
        self.textarea: str | None = None
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.link, self.text = said.get("href", ""), ""
        if tag == "form":
            self.form = {"action": "", "method": "get", "fields": {}, "buttons": []} | said
            self.forms.append(self.form)
        if self.form is None:
            return
        fields, name = self.form["fields"], said.get("name", "")
        if tag == "input" and name:
            kind = said.get("type", "text")
            box = kind in ("radio", "checkbox")
            if not box or "checked" in said:
                fields[name] = said.get("value", "on" if box else "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in said or self.select not in fields):
            fields[self.select] = said.get("value", "")
        elif tag == "textarea":
            self.textarea, self.text = name, ""
        elif tag == "button":
            self.button, self.text = said, ""

    def handle_endtag(self, tag: str) -> None:
        text = " ".join(self.text.split())
        if tag == "a" and self.link is not None:
            self.links.setdefault(text, self.link)
            self.link = None
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea" and self.form and self.textarea:
            self.form["fields"][self.textarea] = self.text.strip()
            self.textarea = None
        elif tag == "button" and self.form is not None and self.button is not None:
            self.form["buttons"].append(self.button | {"text": text})
            self.button = None

    def handle_data(self, data: str) -> None:
        self.text += data


class Visitor:
    """Somebody at the pages, who follows redirects as a browser does."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.at = ""
        self.response = HttpResponse()

    def goes(self, path: str) -> Visitor:
        return self._arrive(self.client.get(path, follow=True), path)

    def follows(self, link: str) -> Visitor:
        links = Forms(self.response.content.decode()).links
        return self.goes(urljoin(self.at, links[link]))

    def presses(self, label: str, **filled: Any) -> Visitor:
        """Press the first button whose text contains `label`; None unticks a box."""
        for form in Forms(self.response.content.decode()).forms:
            for button in form["buttons"]:
                if label in button["text"]:
                    return self._send(form, button, filled)
        raise AssertionError(f"no button {label!r} in: {self.reads}")

    def _send(self, form: dict[str, Any], button: dict[str, str], filled: Any) -> Visitor:
        data = form["fields"] | filled
        if button.get("name"):
            data[button["name"]] = button.get("value", "")
        data = {name: value for name, value in data.items() if value is not None}
        action = urldefrag(urljoin(self.at, form["action"] or self.at))[0]
        if form["method"] != "post":
            return self.goes(f"{action.partition('?')[0]}?{urlencode(data, doseq=True)}")
        return self._arrive(self.client.post(action, data, follow=True), action)

    def _arrive(self, response: Any, path: str) -> Visitor:
        self.response = response
        self.at = response.redirect_chain[-1][0] if response.redirect_chain else path
        return self

    @property
    def reads(self) -> str:
        return text_of(self.response)

    def fields(self, label: str) -> dict[str, str]:
        """What stands in the form that has this button."""
        for form in Forms(self.response.content.decode()).forms:
            if any(label in button["text"] for button in form["buttons"]):
                return dict(form["fields"])
        raise AssertionError(f"no button {label!r}")
