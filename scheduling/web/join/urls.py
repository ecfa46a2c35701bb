from django.urls import path

from scheduling.web.join import hooks, host, mailed, pages

urlpatterns = [
    path("j/<str:token>/", pages.open_link, name="join_link"),
    path("join/", pages.show, name="join"),
    path("join/state/", pages.moved_on, name="join_state"),
    path("join/identify/", pages.prove, name="join_identify"),
    path("join/check-in/", pages.say_where, name="join_check_in"),
    path("join/enter/", pages.go_in, name="join_enter"),
    path("c/<slug:slug>/sessions/<uuid:session>/enter/", host.enter, name="session_enter"),
    path("a/<str:token>/", mailed.act, name="action_link"),
    path("hooks/v1/<uuid:connection>/", hooks.callback, name="platform_callback"),
    path("hooks/v1/<uuid:connection>/pending/", hooks.pending, name="platform_pending"),
]
