from django.urls import URLPattern, path

from scheduling.web.waiting import mine, staff

urlpatterns: list[URLPattern] = [
    path("my/waiting/", mine.all_mine, name="waiting_mine"),
    path("my/waiting/new/", mine.enter, name="waiting_new"),
    path("my/waiting/group/<uuid:group>/", mine.enter_group, name="waiting_group"),
    path("my/waiting/<uuid:waiting>/leave/", mine.leave_it, name="waiting_leave"),
    path("my/<uuid:booking>/earlier/", mine.enter_earlier, name="waiting_earlier"),
    path("my/offers/<uuid:offer>/", mine.answer, name="waiting_offer"),
    path("waiting/", staff.everybody, name="waiting_list"),
    path("waiting/<uuid:waiting>/", staff.one, name="waiting_one"),
    path("waiting/<uuid:waiting>/prefer/", staff.prefer_it, name="waiting_prefer"),
    path("waiting/<uuid:waiting>/offer/", staff.offer_it, name="waiting_offer_by_hand"),
    path("waiting/<uuid:waiting>/take-out/", staff.take_out, name="waiting_take_out"),
    path("waiting/offers/<uuid:offer>/take-back/", staff.take_back, name="waiting_take_back"),
    path("waiting/add/<uuid:patient>/", staff.add, name="waiting_add"),
]
