from django.urls import URLPattern, path

from scheduling.web.groups import add, attend, found, run, show

GROUP, SESSION = "desk/groups/<uuid:group>/", "desk/groups/sessions/<uuid:session>/"

urlpatterns: list[URLPattern] = [
    path("desk/groups/", show.every, name="group_list"),
    path("desk/groups/new/", found.new, name="group_new"),
    path("desk/groups/add/<uuid:patient>/", add.add, name="group_add"),
    path(GROUP, show.one, name="group_staff"),
    path(GROUP + "change/", run.change_it, name="group_change"),
    path(GROUP + "members/", run.add_member, name="group_member_new"),
    path(GROUP + "facilitators/", run.facilitator, name="group_facilitator"),
    path(GROUP + "times/", found.times_of, name="group_times"),
    path(GROUP + "pause/", run.pause_it, name="group_pause"),
    path(GROUP + "resume/", run.resume_it, name="group_resume"),
    path(GROUP + "end/", run.end_it, name="group_end"),
    path("desk/groups/members/<uuid:member>/leave/", run.leave_it, name="group_member_leave"),
    path(SESSION, attend.session, name="group_session"),
    path(SESSION + "attend/", attend.note_all, name="group_attend"),
    path(SESSION + "room/", attend.room, name="group_room"),
    path(SESSION + "cancel/", run.cancel_it, name="group_cancel"),
    path(SESSION + "undo/", run.undo_it, name="group_undo"),
    path(SESSION + "move/", run.move_it, name="group_move"),
]
