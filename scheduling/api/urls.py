from django.urls import path

from scheduling.api import (
    bookings,
    catalogue,
    group_dates,
    groups,
    holds,
    kept_groups,
    me,
    reference,
    series,
    slots,
    waiting,
)

CLINIC = "v1/clinics/<slug:slug>/"
KEPT = f"{CLINIC}staff/groups/<uuid:group>/"
DATE = f"{CLINIC}staff/group-dates/<uuid:session>/"

urlpatterns = [
    path("v1/schema/", reference.Schema.as_view(), name="api_schema"),
    path("v1/reference/", reference.reference, name="api_reference"),
    path(f"{CLINIC}services/", catalogue.Services.as_view(), name="api_services"),
    path(f"{CLINIC}therapists/", catalogue.Therapists.as_view(), name="api_therapists"),
    path(f"{CLINIC}consent-forms/", catalogue.ConsentForms.as_view(), name="api_consent_forms"),
    path(f"{CLINIC}slots/", slots.Slots.as_view(), name="api_slots"),
    path(f"{CLINIC}next-available/", slots.NextAvailable.as_view(), name="api_next_available"),
    path(f"{CLINIC}holds/", holds.Holds.as_view(), name="api_holds"),
    path(f"{CLINIC}holds/<uuid:hold>/", holds.Hold.as_view(), name="api_hold"),
    path(f"{CLINIC}holds/<uuid:hold>/extend/", holds.ExtendHold.as_view(), name="api_hold_extend"),
    path(f"{CLINIC}bookings/", bookings.Bookings.as_view(), name="api_bookings"),
    path(f"{CLINIC}bookings/<uuid:booking>/", bookings.OneBooking.as_view(), name="api_booking"),
    path(
        f"{CLINIC}bookings/<uuid:booking>/reschedule/",
        bookings.Reschedule.as_view(),
        name="api_booking_reschedule",
    ),
    path(
        f"{CLINIC}bookings/<uuid:booking>/cancel/",
        bookings.Cancel.as_view(),
        name="api_booking_cancel",
    ),
    path(
        f"{CLINIC}bookings/<uuid:booking>/undo-cancel/",
        bookings.UndoCancel.as_view(),
        name="api_booking_undo_cancel",
    ),
    path(f"{CLINIC}series/", series.AllSeries.as_view(), name="api_series"),
    path(f"{CLINIC}series/check/", series.CheckSeries.as_view(), name="api_series_check"),
    path(f"{CLINIC}series/<uuid:series>/", series.OneSeries.as_view(), name="api_series_one"),
    path(
        f"{CLINIC}series/<uuid:series>/change/",
        series.ChangeSeries.as_view(),
        name="api_series_change",
    ),
    path(
        f"{CLINIC}series/<uuid:series>/cancel/",
        series.CancelOfSeries.as_view(),
        name="api_series_cancel",
    ),
    path(
        f"{CLINIC}series/<uuid:series>/undo-cancel/",
        series.UndoCancelOfSeries.as_view(),
        name="api_series_undo_cancel",
    ),
    path(f"{CLINIC}waiting/", waiting.WaitingList.as_view(), name="api_waiting"),
    path(f"{CLINIC}waiting/<uuid:waiting>/", waiting.OneWaiting.as_view(), name="api_waiting_one"),
    path(
        f"{CLINIC}waiting/<uuid:waiting>/leave/",
        waiting.LeaveWaiting.as_view(),
        name="api_waiting_leave",
    ),
    path(
        f"{CLINIC}waiting/<uuid:waiting>/prefer/",
        waiting.PreferWaiting.as_view(),
        name="api_waiting_prefer",
    ),
    path(
        f"{CLINIC}waiting/<uuid:waiting>/offer/",
        waiting.OfferToWaiting.as_view(),
        name="api_waiting_offer",
    ),
    path(
        f"{CLINIC}offers/<uuid:offer>/accept/",
        waiting.AcceptOffer.as_view(),
        name="api_offer_accept",
    ),
    path(
        f"{CLINIC}offers/<uuid:offer>/decline/",
        waiting.DeclineOffer.as_view(),
        name="api_offer_decline",
    ),
    path(
        f"{CLINIC}offers/<uuid:offer>/withdraw/",
        waiting.WithdrawOffer.as_view(),
        name="api_offer_withdraw",
    ),
    path(f"{CLINIC}groups/", groups.Groups.as_view(), name="api_groups"),
    path(f"{CLINIC}groups/<uuid:group>/", groups.OneGroup.as_view(), name="api_group"),
    path(f"{CLINIC}groups/<uuid:group>/join/", groups.JoinGroup.as_view(), name="api_group_join"),
    path(f"{CLINIC}memberships/", groups.Memberships.as_view(), name="api_memberships"),
    path(
        f"{CLINIC}memberships/<uuid:member>/",
        groups.OneMembership.as_view(),
        name="api_membership",
    ),
    path(
        f"{CLINIC}memberships/<uuid:member>/leave/",
        groups.LeaveGroup.as_view(),
        name="api_membership_leave",
    ),
    path(f"{CLINIC}staff/groups/", kept_groups.KeptGroups.as_view(), name="api_kept_groups"),
    path(KEPT, kept_groups.OneKeptGroup.as_view(), name="api_kept_group"),
    path(f"{KEPT}members/", kept_groups.GroupMembers.as_view(), name="api_group_members"),
    path(f"{KEPT}times/", kept_groups.ChangeTimes.as_view(), name="api_group_times"),
    path(
        f"{KEPT}facilitators/",
        kept_groups.ChangeFacilitator.as_view(),
        name="api_group_facilitators",
    ),
    path(f"{KEPT}pause/", kept_groups.PauseGroup.as_view(), name="api_group_pause"),
    path(f"{KEPT}resume/", kept_groups.ResumeGroup.as_view(), name="api_group_resume"),
    path(f"{KEPT}end/", kept_groups.EndGroup.as_view(), name="api_group_end"),
    path(DATE, group_dates.GroupDate.as_view(), name="api_group_date"),
    path(f"{DATE}attend/", group_dates.GroupAttendance.as_view(), name="api_group_date_attend"),
    path(f"{DATE}cancel/", group_dates.CancelDate.as_view(), name="api_group_date_cancel"),
    path(f"{DATE}undo-cancel/", group_dates.UndoCancelDate.as_view(), name="api_group_date_undo"),
    path(f"{DATE}move/", group_dates.MoveDate.as_view(), name="api_group_date_move"),
    path(f"{CLINIC}me/", me.Me.as_view(), name="api_me"),
]
