from django.urls import URLPattern, path

from scheduling.web.series import plan, show

urlpatterns: list[URLPattern] = [
    path("repeat/<uuid:booking>/", plan.repeat_it, name="series_repeat"),
    path("series/<uuid:series>/", show.show, name="series_one"),
    path("series/<uuid:series>/change/", plan.change_it, name="series_change"),
    path("series/<uuid:series>/cancel/", show.cancel_it, name="series_cancel"),
    path("series/<uuid:series>/undo/", show.undo, name="series_undo"),
]
