"""A clinic for `test_office_waits`: `open` makes it, `read` prints the office's first page."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")


def read() -> None:
    from django.test.utils import setup_test_environment

    from accounts.models import User
    from tests.web.desk import OFFICE, at_work
    from tests.web.patient import text_of

    setup_test_environment()
    print(text_of(at_work(User.objects.get(name="Ada")).get(OFFICE)))


if __name__ == "__main__":
    django.setup()
    from tests import world

    {"open": world.build, "read": read}[sys.argv[1]]()
