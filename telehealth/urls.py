"""Every route. What a route needs is one row in tests/house/routes.py (AC1, AC2)."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from accounts.admin import operators
from telehealth import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/login/", views.admin_sign_in),
    path("admin/", operators.urls),
    path("api/", include("scheduling.api.urls")),
    path("", include("accounts.web.urls")),
    path("", include("scheduling.web.urls")),
]

if settings.DEMO:
    urlpatterns += [path("demo/", include("scheduling.web.demo.urls"))]

handler400 = "telehealth.views.bad_request"
handler403 = "telehealth.views.forbidden"
handler404 = "telehealth.views.not_found"
handler500 = "telehealth.views.server_error"
