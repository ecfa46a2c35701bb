from django.urls import URLPattern, path

from scheduling.web.enroll import change, mine, plan, resume, show

ONE = "enrollments/<uuid:enrollment>/"

urlpatterns: list[URLPattern] = [
    path("my/program/", mine.my_program, name="my_program"),
    path("enroll/<uuid:patient>/", plan.enroll_in, name="enroll"),
    path(ONE, show.show, name="enrollment"),
    path(ONE + "step/", plan.step_to, name="enrollment_step"),
    path(ONE + "pause/", change.pause_it, name="enrollment_pause"),
    path(ONE + "resume/", resume.resume_it, name="enrollment_resume"),
    path(ONE + "discharge/", change.discharge_it, name="enrollment_discharge"),
    path(ONE + "undo/", show.undo_it, name="enrollment_undo"),
]
