"""Loads what processes of tests need; imported by the one that they are forked from, alone."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "telehealth.settings")
django.setup()

import tests.ready  # noqa: E402
import tests.world  # noqa: E402, F401

gc.collect()
gc.freeze()
