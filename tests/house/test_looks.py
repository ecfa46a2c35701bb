"""LG1: whoever is shown on a page or in a list is named in the record of who looked.

That nobody asks for what is a patient's without any record: tests/house/test_routes.py.
"""

import pytest

from tests.house.walked import walked

pytestmark = pytest.mark.django_db
NAMES = ("nora.patient.first_name", "nora.patient.last_name", "nora.patient.called")


def test_whoever_is_shown_is_named_in_the_record():
    """LG1: wherever patients, therapists and the desk read her name."""
    she = [text for name in NAMES for text in walked().seen.texts[name]]
    shown = [
        page
        for page in walked().pages
        if page.letter in "ptd" and any(name in page.body for name in she)
    ]
    unnamed = [(one.letter, one.route) for one in shown if walked().nora not in one.named]
    assert not unnamed, unnamed
    assert len(shown) > 15, len(shown)
