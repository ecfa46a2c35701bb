"""Settings, read from the environment; `docs/operations.md` lists every name.

`TELEHEALTH_MODE` is `development` (a bare checkout and the tests), `demo` (`scripts/demo`) or
`production`. Production starts only with its own keys, TLS, hosts and mail server (EN1, EN4):
`telehealth/production.py` reads and checks them.
"""

import os
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from telehealth import production

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("TELEHEALTH_VAR", default=str(BASE_DIR / "var")))

MODE = env.str("TELEHEALTH_MODE", default="development")
if MODE not in {"development", "demo", "production"}:
    raise ImproperlyConfigured("TELEHEALTH_MODE is development, demo or production.")
PRODUCTION = MODE == "production"
DEMO = MODE == "demo"
DEBUG = False

# Keys. These stand for nothing outside development and the demo; production refuses them.
SECRET_KEY = "development-only-" + "x" * 48
SEALED_KEYS = ["dev:ZGV2ZWxvcG1lbnQtb25seS1rZXktMzItYnl0ZXMhISE="]
BLIND_INDEX_KEY = "ZGV2ZWxvcG1lbnQtYmxpbmQtaW5kZXgta2V5LTMyYiE="
AUDIT_KEY = "ZGV2ZWxvcG1lbnQtYXVkaXQta2V5LTMyLWJ5dGVzISE="

SITE_URL = env.str("SITE_URL", default="http://localhost:8000")  # links in mail (TK6)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]

INSTALLED_APPS = [
    "accounts",
    "scheduling",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
]

MIDDLEWARE = [
    "telehealth.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "telehealth.middleware.PrivateResponseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "telehealth.middleware.IdleLogoffMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "telehealth.middleware.SecondFactorMiddleware",
    "telehealth.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "telehealth.urls"
WSGI_APPLICATION = "telehealth.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.web.context.clinic",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# One database; SQLite by default, PostgreSQL by DATABASE_URL. Connections persist: opening one
# costs more than a booking. On SQLite every transaction takes the write lock at its beginning
# (IMMEDIATE), so that reading and then writing never ends in "database is locked".
_url = production.value(os.environ, "DATABASE_URL", f"sqlite:///{VAR_DIR / 'telehealth.sqlite3'}")
DATABASES = {"default": env.db_url_config(_url)}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = None
_database["CONN_HEALTH_CHECKS"] = True
# One that is not read to its end would break a later transaction of a connection that persists.
_database["DISABLE_SERVER_SIDE_CURSORS"] = True
if _database["ENGINE"].endswith("sqlite3"):
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Mapped, not read page by page: reports look at some ten thousand rows each.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        " PRAGMA mmap_size=1073741824;",
    }
else:  # for the slot search alone: the ORM's statements are never prepared
    _database.setdefault("OPTIONS", {}).setdefault("prepare_threshold", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Limits count over all processes, so the cache is a table.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
    }
}

# Time is UTC inside; zones are kept beside what a person said (docs/times.md).
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English")]
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static" if PRODUCTION else None  # elsewhere served where they lie
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# People
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "accounts.web.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600  # seconds
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True  # a code to type, no link to follow
ACCOUNT_CHANGE_EMAIL = True  # one address a person; the new one is proved by a code first
ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip,3/m/key,12/h/key"}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_ADAPTER = "accounts.mfa.SealedMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "accounts.web.passkeys.PasskeyForm"}
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Appointments"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost in development and demo
USERSESSIONS_TRACK_ACTIVITY = False  # a write per request; IdleLogoffMiddleware notes the minute
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)

# Log-off (SE1): minutes without a request by the person; polling does not count (SE2).
STAFF_IDLE_MINUTES = 15
PATIENT_IDLE_MINUTES = 30
SESSION_HOURS = 12
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_FAILURE_VIEW = "telehealth.views.csrf_failure"

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # not in a cookie

# Pages load from here and nowhere else (BR2, BR3).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

# Mail: requests store it, the worker sends it through MAIL_BACKEND.
EMAIL_BACKEND = "scheduling.outbox.mail.OutboxBackend"
MAIL_BACKEND = "scheduling.outbox.transport.SmtpBackend"
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=1025)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=PRODUCTION)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="appointments@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
BOUNCE_ADDRESS = env.str("BOUNCE_ADDRESS", default="")  # envelope sender; "": the same address
BOUNCE_MAILDIR = env.str("BOUNCE_MAILDIR", default="")  # where its mail arrives; "": not read
if DEMO:
    MAIL_BACKEND = "scheduling.outbox.folder.FolderBackend"  # read on /demo/outbox/
MAIL_FOLDER = VAR_DIR / "outbox"
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", default=120)  # what a killed worker had

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "scheduling.api.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["scheduling.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "scheduling.api.schema.Operation",
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "scheduling.api.problems.exception_handler",
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Telehealth scheduling",
    "DESCRIPTION": "Find a time, hold it, book it, move it, cancel it.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/clinics/{slug}",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "Medium": "scheduling.models.Medium",
        "BookingState": "scheduling.api.shapes.BOOKING_STATES",
        "HoldState": "scheduling.api.shapes.HOLD_STATES",
        "Reason": "scheduling.api.bookings.REASONS",
        "GroupState": "scheduling.api.kept_group_shapes.STATES",
        "GroupReason": "scheduling.api.kept_group_shapes.REASONS",
        "SessionState": "scheduling.api.kept_group_shapes.DATE_STATES",
        "EnrollmentState": "scheduling.api.enrollment_shapes.STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "scheduling.api.schema.add_codes",
    ],
}

# Logs carry an allow-list of fields (LG4, LG5); `telehealth/logs.py` draws it.
LOGGING_CONFIG = "telehealth.logs.configure"
LOGGING = {"level": env.str("LOG_LEVEL", default="INFO")}

DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

if PRODUCTION:
    globals().update(production.read(os.environ))
