from django.urls import URLPattern, path

from scheduling.web.booking import (
    booked,
    change,
    check,
    find,
    groups,
    hold,
    mine,
    move,
    my_groups,
    profile,
)

urlpatterns: list[URLPattern] = [
    path("", find.home, name="booking_home"),
    path("hold/", hold.take, name="booking_take"),
    path("hold/<uuid:hold>/", check.show, name="booking_hold"),
    path("hold/<uuid:hold>/more/", hold.more_time, name="booking_more_time"),
    path("hold/<uuid:hold>/let-go/", hold.give_back, name="booking_let_go"),
    path("booked/<uuid:booking>/", booked.booked, name="booking_booked"),
    path("booked/<uuid:booking>/appointment.ics", booked.calendar_file, name="booking_calendar"),
    path("groups/", groups.find, name="group_find"),
    path("groups/<uuid:group>/", groups.one, name="group_one"),
    path("groups/<uuid:group>/join/", groups.join_it, name="group_join"),
    path("my/", mine.sessions, name="booking_mine"),
    path("my/profile/", profile.profile, name="booking_profile"),
    path("my/profile/consent/", profile.consent, name="booking_consent"),
    path("my/groups/<uuid:member>/", my_groups.place, name="group_place"),
    path("my/groups/<uuid:member>/leave/", my_groups.leave_it, name="group_leave"),
    path("my/<uuid:booking>/", change.one, name="booking_one"),
    path("my/<uuid:booking>/move/", move.choose, name="booking_move"),
    path("my/<uuid:booking>/move/check/", move.check, name="booking_move_check"),
    path("my/<uuid:booking>/cancel/", change.cancel_it, name="booking_cancel"),
    path("my/<uuid:booking>/undo/", change.undo, name="booking_undo"),
]
