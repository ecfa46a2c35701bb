from django.urls import URLPattern, URLResolver, include, path

from scheduling.web.therapist import agenda, change, days, hours, out, session

HOURS = [
    path("", hours.weekly, name="therapist_hours"),
    path("day/", days.day, name="therapist_days"),
    path("day/usual/", days.usual_day, name="therapist_usual_day"),
    path("time-off/", days.time_off, name="therapist_time_off"),
    path("time-off/<int:row>/remove/", days.no_time_off, name="therapist_no_time_off"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("today/", agenda.today, name="therapist_today"),
    path("week/", agenda.week, name="therapist_week"),
    path("hours/", include(HOURS)),  # one's own
    path("therapists/<uuid:therapist>/hours/", include(HOURS)),  # kept by desk or office
    path("out/", out.out, name="therapist_out"),  # oneself
    path("therapists/<uuid:therapist>/out/", out.out, name="therapist_out"),  # by the desk
    path("sessions/<uuid:session>/", session.show, name="therapist_session"),
    path("sessions/<uuid:session>/attend/", session.attend, name="therapist_attend"),
    path("sessions/<uuid:session>/contact/", session.contact, name="therapist_contact"),
    path("sessions/<uuid:session>/room/", session.room, name="therapist_room"),
    path("sessions/<uuid:session>/room/accept/", session.accept_room, name="therapist_room_accept"),
    path("sessions/<uuid:session>/let-in/", session.let_in, name="therapist_let_in"),
    path("sessions/<uuid:session>/cancel/", change.cancel, name="therapist_cancel"),
    path("sessions/<uuid:session>/undo/", change.undo, name="therapist_undo"),
    path("sessions/<uuid:session>/move/", change.move, name="therapist_move"),
    path("sessions/<uuid:session>/again/", change.again, name="therapist_again"),
]
