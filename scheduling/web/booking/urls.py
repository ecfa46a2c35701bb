from django.urls import URLPattern, path

from scheduling.web.booking import booked, change, check, find, hold, mine, move, profile

urlpatterns: list[URLPattern] = [
    path("", find.home, name="booking_home"),
    path("hold/", hold.take, name="booking_take"),
    path("hold/<uuid:hold>/", check.show, name="booking_hold"),
    path("hold/<uuid:hold>/more/", hold.more_time, name="booking_more_time"),
    path("hold/<uuid:hold>/let-go/", hold.give_back, name="booking_let_go"),
    path("booked/<uuid:booking>/", booked.booked, name="booking_booked"),
    path("booked/<uuid:booking>/appointment.ics", booked.calendar_file, name="booking_calendar"),
    path("my/", mine.sessions, name="booking_mine"),
    path("my/profile/", profile.profile, name="booking_profile"),
    path("my/profile/consent/", profile.consent, name="booking_consent"),
    path("my/<uuid:booking>/", change.one, name="booking_one"),
    path("my/<uuid:booking>/move/", move.choose, name="booking_move"),
    path("my/<uuid:booking>/move/check/", move.check, name="booking_move_check"),
    path("my/<uuid:booking>/cancel/", change.cancel_it, name="booking_cancel"),
    path("my/<uuid:booking>/undo/", change.undo, name="booking_undo"),
]
