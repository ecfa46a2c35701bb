"""allauth's routes of second factors; whoever adds one has proved lately who they are (AU6)."""

from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path

from accounts.web.again import fresh, renewed, well_formed

urlpatterns = [
    path("", base.index, name="mfa_index"),
    path("authenticate/", well_formed(base.authenticate), name="mfa_authenticate"),
    path("reauthenticate/", renewed(base.reauthenticate), name="mfa_reauthenticate"),
    path("totp/activate/", fresh(totp.activate_totp), name="mfa_activate_totp"),
    path("totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/generate/",
        fresh(recovery.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "recovery-codes/download/",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("webauthn/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("webauthn/add/", well_formed(fresh(webauthn.add_webauthn)), name="mfa_add_webauthn"),
    path(
        "webauthn/reauthenticate/",
        well_formed(renewed(webauthn.reauthenticate_webauthn)),
        name="mfa_reauthenticate_webauthn",
    ),
    path("webauthn/keys/<int:pk>/remove/", webauthn.remove_webauthn, name="mfa_remove_webauthn"),
    path("webauthn/keys/<int:pk>/edit/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("webauthn/login/", well_formed(webauthn.login_webauthn), name="mfa_login_webauthn"),
]
