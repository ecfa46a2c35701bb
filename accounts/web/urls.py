"""Coming in, the account, and who one is in a clinic. allauth's sign-up is not among them."""

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path

from accounts.web import again, door, home, invite, profile, tokens

# allauth asks for two of its own routes by name; both are our one door.
DOOR = [path("sign-in/", door.sign_in, name=name) for name in
        ("sign_in", "account_request_login_code", "account_signup")]  # fmt: skip

ALLAUTH = [
    path("login/", account.login, name="account_login"),
    path(
        "login/code/confirm/",
        door.at_clinic(account.confirm_login_code),
        name="account_confirm_login_code",
    ),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm-email/", account.email_verification_sent, name="account_email_verification_sent"),
    path("email/", again.fresh(again.change_email), name="account_email"),
    path("reauthenticate/", again.renewed(account.reauthenticate), name="account_reauthenticate"),
    path("reauthenticate/code/", again.by_code, name="account_reauthenticate_by_code"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", again.fresh(account.password_set), name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path(
        "password/reset/confirm/",
        account.confirm_password_reset_code,
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/",
        account.complete_password_reset,
        name="account_complete_password_reset",
    ),
    path(
        "password/reset/done/",
        account.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
    path("2fa/", include("accounts.web.factors")),
    path("sessions/", include("allauth.usersessions.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    *DOOR,
    path("c/<slug:slug>/sign-in/", door.sign_in, name="clinic_sign_in"),
    path("c/<slug:slug>/who/", profile.who, name="who"),
    path("c/<slug:slug>/who/new/", profile.register, name="who_new"),
    path("c/<slug:slug>/who/known/", profile.known, name="who_known"),
    path("account/", home.account, name="account"),
    path("account/tokens/", tokens.tokens, name="tokens"),
    path("account/tokens/new/", tokens.new_token, name="token_new"),
    path("account/tokens/<uuid:token>/revoke/", tokens.revoke, name="token_revoke"),
    path("invite/<str:token>/", invite.invitation, name="invite"),
    path("accounts/", include(ALLAUTH)),
]
