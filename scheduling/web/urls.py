"""The pages, by who uses them; a clinic's stand under /c/<slug>/."""

from django.urls import include, path

urlpatterns = [
    path("c/<slug:slug>/", include("scheduling.web.booking.urls")),
    path("c/<slug:slug>/", include("scheduling.web.series.urls")),
    path("c/<slug:slug>/", include("scheduling.web.waiting.urls")),
    path("c/<slug:slug>/", include("scheduling.web.therapist.urls")),
    path("c/<slug:slug>/", include("scheduling.web.groups.urls")),
    path("c/<slug:slug>/", include("scheduling.web.care.urls")),
    path("c/<slug:slug>/", include("scheduling.web.enroll.urls")),
    path("c/<slug:slug>/", include("scheduling.web.utilization.urls")),
    path("c/<slug:slug>/desk/", include("scheduling.web.desk.urls")),
    path("c/<slug:slug>/office/", include("scheduling.web.office.urls")),
    path("", include("scheduling.web.join.urls")),
]
