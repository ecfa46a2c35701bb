from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Therapist

STATES = [
    ("AL", "Alabama"), ("AK", "Alaska"), ("AZ", "Arizona"), ("AR", "Arkansas"),
    ("CA", "California"), ("CO", "Colorado"), ("CT", "Connecticut"), ("DE", "Delaware"),
    ("DC", "District of Columbia"), ("FL", "Florida"), ("GA", "Georgia"), ("HI", "Hawaii"),
    ("ID", "Idaho"), ("IL", "Illinois"), ("IN", "Indiana"), ("IA", "Iowa"), ("KS", "Kansas"),
    ("KY", "Kentucky"), ("LA", "Louisiana"), ("ME", "Maine"), ("MD", "Maryland"),
    ("MA", "Massachusetts"), ("MI", "Michigan"), ("MN", "Minnesota"), ("MS", "Mississippi"),
    ("MO", "Missouri"), ("MT", "Montana"), ("NE", "Nebraska"), ("NV", "Nevada"),
    ("NH", "New Hampshire"), ("NJ", "New Jersey"), ("NM", "New Mexico"), ("NY", "New York"),
    ("NC", "North Carolina"), ("ND", "North Dakota"), ("OH", "Ohio"), ("OK", "Oklahoma"),
    ("OR", "Oregon"), ("PA", "Pennsylvania"), ("PR", "Puerto Rico"), ("RI", "Rhode Island"),
    ("SC", "South Carolina"), ("SD", "South Dakota"), ("TN", "Tennessee"), ("TX", "Texas"),
    ("UT", "Utah"), ("VT", "Vermont"), ("VA", "Virginia"), ("VI", "U.S. Virgin Islands"),
    ("WA", "Washington"), ("WV", "West Virginia"), ("WI", "Wisconsin"), ("WY", "Wyoming"),
    ("GU", "Guam"), ("AS", "American Samoa"), ("MP", "Northern Mariana Islands"),
]  # fmt: skip


class LicenceKind(models.TextChoices):
    STATE = "state", _("State licence")
    COMPACT = "compact", _("Compact privilege")  # counts where it is really being issued


class Licence(models.Model):
    """Where a therapist may practise, from day to day (both included), in that state's days.

    A session counts by the place where the patient is on its day (TH2). A compact privilege is a
    row only once it was issued: an enacted compact that issues nothing yet makes no row.
    """

    therapist = models.ForeignKey(Therapist, models.CASCADE, related_name="licences")
    state = models.CharField(_("state"), max_length=2, choices=STATES)
    kind = models.CharField(
        _("kind"), max_length=8, choices=LicenceKind.choices, default=LicenceKind.STATE.value
    )
    number = models.CharField(_("number"), max_length=40)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"))
    source = models.CharField(_("source"), max_length=200, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gte=models.F("valid_from")), name="licence_in_order"
            ),
        ]
        indexes = [models.Index(fields=["therapist", "state", "valid_until"], name="licence_by")]

    def __str__(self) -> str:
        return f"{self.state} licence of therapist {self.therapist_id}"
