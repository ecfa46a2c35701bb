from django.urls import URLPattern, path

from scheduling.web.care import caseload, hours, programs

HOURS = "enrollments/<uuid:enrollment>/hours/"

urlpatterns: list[URLPattern] = [
    path("caseload/", caseload.caseload, name="therapist_caseload"),
    path("programs/", programs.programs, name="programs_now"),
    path(HOURS, hours.hours, name="enrollment_hours"),
    path(HOURS + "make-up/", hours.make_up, name="enrollment_make_up"),
]
