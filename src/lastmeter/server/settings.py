"""Django's settings: derived from the environment and the workspace, nothing to edit by hand."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from lastmeter.journal.durable import written_durably
from lastmeter.journal.locks import take_lock
from lastmeter.server.environment import flag, read
from lastmeter.workspace.config import load_config

WORKSPACE = Path(read("LASTMETER_WORKSPACE")).resolve()
COMPANY = load_config(WORKSPACE)
PRIVATE = WORKSPACE / "server"
DATABASE_URL = COMPANY.database.url
THREADS = int(read("LASTMETER_THREADS"))


def _secret_key() -> str:
    """The key of the environment, else one that is made once and kept readable for its owner only."""
    if given := read("LASTMETER_SECRET_KEY"):
        return given
    PRIVATE.mkdir(mode=0o700, exist_ok=True)
    path = PRIVATE / "secret.key"
    # Two that start at once are to go by one key, and neither by a file that the other has not finished.
    held = take_lock(PRIVATE / "secret.lock")
    try:
        if not path.exists() or not path.stat().st_size:
            with written_durably(path) as draft:
                draft.touch(mode=0o600)
                draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        return path.read_text(encoding="ascii")
    finally:
        os.close(held)


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = [host for host in read("LASTMETER_ALLOWED_HOSTS").split(",") if host]
BASE_URL = read("LASTMETER_BASE_URL")
if BASE_URL:
    ALLOWED_HOSTS.append(urlsplit(BASE_URL).hostname or "")
    CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
    "django.contrib.staticfiles", "django.contrib.humanize", "django_htmx", "django_tasks", "django_tasks_db",
    # Before allauth: its pages take our look from the templates of people.
    "lastmeter.server.ui", "lastmeter.server.people", "lastmeter.server.audit", "lastmeter.server.intake",
    "lastmeter.server.watch", "lastmeter.server.board", "lastmeter.server.webhooks",
    "allauth", "allauth.account", "allauth.mfa", "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect", "allauth.usersessions",
]
MIDDLEWARE = [
    "lastmeter.server.ui.middleware.RequestMiddleware",
    "lastmeter.server.ui.plain_text.PlainTextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "lastmeter.server.intake.doors.DoorMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lastmeter.server.ui.middleware.LanguageMiddleware",
    "lastmeter.server.ui.middleware.ErrorMiddleware",
]
ROOT_URLCONF = "lastmeter.server.urls"
WSGI_APPLICATION = "lastmeter.server.wsgi.application"
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "DIRS": [],
    "APP_DIRS": True,
    "OPTIONS": {
        "context_processors": [
            "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages", "lastmeter.server.ui.context.console",
        ],
        "builtins": ["lastmeter.server.ui.templatetags.words", "lastmeter.server.audit.templatetags.personal"],
    },
}]


def _database() -> dict[str, object]:
    if not DATABASE_URL:
        return {
            "ENGINE": "lastmeter.server.sqlite", "NAME": WORKSPACE / "journal" / "journal.sqlite3",
            "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE"},
        }
    parts = urlsplit(DATABASE_URL)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    socket = asked.pop("host", "")
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": parts.path.lstrip("/"), "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""), "HOST": unquote(parts.hostname or "") or socket, "PORT": str(parts.port or ""),
        # What else the address says (sslmode, sslrootcert ...) holds here as it does for the journal's own connections.
        "OPTIONS": {**asked, "pool": {"min_size": 1, "max_size": THREADS + 2}},
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Instants are naive UTC everywhere, in the library as in the tables.
USE_TZ = False
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_CODE = "zh-hans" if COMPANY.company.languages[0] == "zh" else "en"

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"

ACCOUNT_ADAPTER = "lastmeter.server.people.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "lastmeter.server.people.adapters.SocialAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
# Five wrong passwords for one name (or ten from one address within a minute) lock for five minutes; an owner sees it.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if flag("LASTMETER_HTTPS") else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# A new password, key or link is confirmed by one of these; a code by mail would prove less than the issuer does.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa", "socialaccount")
# Single sign-on finds the person who was invited under the address that the issuer has verified.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if flag("LASTMETER_TRUST_PROXY") else 0
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = COMPANY.company.name.en
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not flag("LASTMETER_HTTPS")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {"provider_class": "lastmeter.server.people.single_sign_on.CompanyProvider", "APPS": [{
        "provider_id": "company", "name": read("LASTMETER_OIDC_NAME"), "client_id": read("LASTMETER_OIDC_CLIENT"),
        "secret": read("LASTMETER_OIDC_SECRET"),
        "settings": {"server_url": read("LASTMETER_OIDC_ISSUER"), "oauth_pkce_enabled": True},
    }] if read("LASTMETER_OIDC_ISSUER") else []},
}

# Counters of rate limits must hold for all processes and across restarts.
# Beyond the most entries some are dropped at random: with Django's 300, failing under enough names would forget the others.
CACHES = {"default": {
    "BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": PRIVATE / "cache", "OPTIONS": {"MAX_ENTRIES": 20_000},
}}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag("LASTMETER_HTTPS")
SECURE_SSL_REDIRECT = flag("LASTMETER_HTTPS")
SECURE_HSTS_SECONDS = 31_536_000 if flag("LASTMETER_HTTPS") else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]
if flag("LASTMETER_TRUST_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

STATIC_URL = "/static/"
# Static files are served from where the packages keep them: nothing to collect, nothing to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
MEDIA_ROOT = PRIVATE / "uploads"
DATA_UPLOAD_MAX_MEMORY_SIZE = int(read("LASTMETER_BODY_LIMIT_MB")) * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "lastmeter.server.intake.console.uploads.GuardedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler", "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

DEFAULT_FROM_EMAIL = read("LASTMETER_MAIL_FROM")
EMAIL_TIMEOUT = 30  # seconds: a mail server that says nothing would keep every other task waiting
if _mail := read("LASTMETER_MAIL_URL"):
    _parts = urlsplit(_mail)
    EMAIL_HOST, EMAIL_PORT = _parts.hostname or "localhost", _parts.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_parts.username or ""), unquote(_parts.password or "")
    EMAIL_USE_TLS = _parts.scheme == "smtp+tls"
    EMAIL_USE_SSL = _parts.scheme == "smtps"
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = PRIVATE / "mail"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "lastmeter.server.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": read("LASTMETER_LOG_LEVEL").upper()},
    # What Django says of requests quotes paths and bodies; the request log says who, what and how long without them.
    "loggers": {
        "django.request": {"level": "CRITICAL"}, "django.security": {"level": "WARNING"},
        "httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"},
        # It names the key of whoever signs in.
        "fido2": {"level": "WARNING"},
        # Engines quote values in their warnings; ours say codes and line numbers.
        "django.db.backends": {"level": "WARNING"},
    },
}
logging.captureWarnings(capture=True)
