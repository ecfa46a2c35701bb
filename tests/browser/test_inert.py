"""BR6 in a real browser: the pages of every role with what does harm elsewhere typed into them."""

from __future__ import annotations

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from tests.doors import sign_in
from tests.house.canaries import MOMENT
from tests.house.poison import HOME, poisoned
from tests.world import LA, NOW

SEARCH = f"?service=poison&place=CA&medium=video&zone={LA}"


@pytest.fixture
def clinic():
    """Made at NOW; looked at ten minutes later, when the door of the session is open."""
    with time_machine.travel(NOW, tick=False):
        made = poisoned()
    with time_machine.travel(MOMENT, tick=False):
        yield made


# Whatever shows it is hovered over and focused, as a mouse and Tab would.
TOUCH = """() => {
  const shown = [...document.body.querySelectorAll("*")].filter((part) =>
    [...part.childNodes].some((node) => node.nodeType === 3 && node.data.includes("zq")));
  for (const part of shown)
    for (const name of ["mouseover", "mouseenter", "mousemove", "pointerover", "focus", "focusin"])
      part.dispatchEvent(new Event(name, { bubbles: true }));
  return shown.length;
}"""


def pages(known) -> dict[str, list[str]]:
    desk, office = f"{HOME}desk/", f"{HOME}office/"
    patient, booking = known["patient"], known["booking"]
    return {
        "": [f"{HOME}{SEARCH}", f"/j/{known['join_token']}/"],
        "nora": [
            f"{HOME}my/",
            f"{HOME}my/{booking}/",
            f"{HOME}my/{booking}/cancel/",
            f"{HOME}my/profile/",
            f"{HOME}booked/{booking}/",
            f"/j/{known['join_token']}/",
        ],
        "alma": [
            f"{HOME}today/",
            f"{HOME}week/",
            f"{HOME}sessions/{known['session']}/",
            f"{HOME}hours/time-off/",
        ],
        "dana": [
            desk,
            f"{desk}patients/{patient}/",
            f"{desk}patients/{patient}/edit/",
            f"{desk}patients/{patient}/book/",
            f"{desk}bookings/{booking}/",
        ],
        "ada": [
            office,
            f"{office}staff/",
            f"{office}services/",
            f"{office}policies/",
            f"{office}messages/",
            f"{office}consent-forms/new/",
            f"{office}therapists/{known['therapist']}/",
        ],
        "pia": [f"{office}audit/"],
    }


def test_nothing_that_was_typed_runs(clinic, new_page, live_server):
    """BR6: no dialog, no script of theirs, no load from elsewhere, no breach of the policy (the
    fixture of pages watches the last two); hovering over it and focusing it do nothing either."""
    world, known = clinic
    shown = 0
    for name, addresses in pages(known).items():
        page, dialogs = new_page(), []
        page.on("dialog", lambda dialog, heard=dialogs: (heard.append(dialog), dialog.dismiss()))
        if name:
            person = getattr(world, name)
            client = sign_in(Client(), getattr(person, "user", person), mfa=name != "nora")
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            said = {"name": cookie.key, "value": cookie.value, "url": live_server.url}
            page.context.add_cookies([said])
        for address in addresses:
            answer = page.goto(address)
            assert answer and answer.status == 200, f"{name} {address}: {answer.status}"
            shown += page.evaluate(TOUCH)
            assert page.evaluate("window.__xss") is None, f"{name} {address}"
            assert not dialogs, f"{name} {address}"
            assert page.locator("iframe, svg[onload], img[src=x], [onmouseover]").count() == 0
        page.context.close()
    assert shown > 40, shown
