"""The site as it is in the demo."""

from django.urls import include, path

from telehealth import urls as real

handler400, handler403 = real.handler400, real.handler403
handler404, handler500 = real.handler404, real.handler500

urlpatterns = [*real.urlpatterns, path("demo/", include("scheduling.web.demo.urls"))]
