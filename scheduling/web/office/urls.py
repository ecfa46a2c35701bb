from django.urls import URLPattern, path

from scheduling.web.office import audit, catalogue, clinic, licences, messages, staff, video

urlpatterns: list[URLPattern] = [
    path("", clinic.home, name="office_home"),
    path("staff/", staff.everybody, name="office_staff"),
    path("staff/invite/", staff.invite, name="office_invite"),
    path("staff/invitations/<uuid:invitation>/revoke/", staff.take_back, name="office_uninvite"),
    path("staff/<uuid:person>/deactivate/", staff.deactivate, name="office_deactivate"),
    path("staff/<uuid:person>/roles/<str:role>/end/", staff.role_end, name="office_role_end"),
    path("staff/cover/", staff.cover, name="office_cover"),
    path("staff/cover/<int:cover>/end/", staff.uncover, name="office_uncover"),
    path("therapists/<uuid:therapist>/", staff.therapist, name="office_therapist"),
    path(
        "therapists/<uuid:therapist>/services/<uuid:service>/",
        staff.offering,
        name="office_offering",
    ),
    path("therapists/<uuid:therapist>/licences/", licences.new, name="office_licence_new"),
    path("licences/", licences.all_licences, name="office_licences"),
    path("licences/<int:licence>/", licences.edit, name="office_licence"),
    path("licences/<int:licence>/revoke/", licences.revoke, name="office_licence_revoke"),
    path("services/", catalogue.everything, name="office_services"),
    path("services/new/", catalogue.new, name="office_service_new"),
    path("services/<uuid:service>/", catalogue.edit, name="office_service"),
    path("modalities/new/", catalogue.modality, name="office_modality_new"),
    path("modalities/<int:modality>/", catalogue.modality, name="office_modality"),
    path("policies/", clinic.policies, name="office_policies"),
    path("consent-forms/new/", clinic.consent_text, name="office_consent_text"),
    path("holidays/new/", clinic.holiday, name="office_holiday"),
    path("holidays/<str:day>/remove/", clinic.open_again, name="office_holiday_remove"),
    path("video/new/", video.new, name="office_connection_new"),
    path("video/<uuid:connection>/", video.edit, name="office_connection"),
    path("video/<uuid:connection>/secret/", video.secret, name="office_secret"),
    path("messages/", messages.failed, name="office_messages"),
    path("messages/<uuid:task>/retry/", messages.again, name="office_retry"),
    path("audit/", audit.who_looked, name="office_audit"),
]
