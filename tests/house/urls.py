"""A small site for the tests of what stands round every view."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from accounts.errors import AuditFailed, NotFound, ReasonMissing
from telehealth import urls as real

handler400, handler403 = real.handler400, real.handler403
handler404, handler500 = real.handler404, real.handler500


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"hello user {request.user.pk}")


def poll(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nothing new")


poll.polling = True


@login_not_required
def public(request: HttpRequest, token: str = "") -> HttpResponse:
    return HttpResponse("open to all")


@login_not_required
def refuse(request: HttpRequest, how: str) -> HttpResponse:
    raise {
        "hidden": NotFound(),
        "reason": ReasonMissing(),
        "audit": AuditFailed(),
        "broken": ValueError("Nora Canary was here"),
    }[how]


urlpatterns = [
    path("page/", page),
    path("poll/", poll),
    path("public/", public),
    path("join/<str:token>/", public),
    path("refuse/<str:how>/", refuse),
    path("api/page/", page),
    path("api/refuse/<str:how>/", refuse),
    path("accounts/", include("allauth.urls")),
    *real.urlpatterns,
]
