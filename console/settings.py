"""Everything that can be set, from the environment or the file `.env`; see docs/settings.md."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from console.keys import keep_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(BASE_DIR / ".env")

# Where this installation keeps its data, and the name it goes by on the Docker daemon.
DATA_DIR = Path(env.str("SLIPWAY_DATA", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
NAMESPACE = env.str("SLIPWAY_NAMESPACE", default="slipway")
ENGINE = env.str("SLIPWAY_ENGINE", default="none")
# What makes Redis and the router; where it is not installed, somebody else sees to them.
SERVICES = BASE_DIR / "bin" / "services"

# Secrets are made at the first start; there is no default to fall back to.
DEBUG = env.bool("SLIPWAY_DEBUG", default=False)
SECRET_KEY = env.str("SLIPWAY_SECRET_KEY", default="") or keep_key(DATA_DIR / "secret.key")
ENCRYPTION_KEYS = env.list("SLIPWAY_ENCRYPTION_KEYS", default=[])
ENCRYPTION_KEYS_FILE = DATA_DIR / "encryption.key"  # read where that setting is empty
if not ENCRYPTION_KEYS:
    keep_key(ENCRYPTION_KEYS_FILE)

# Where people reach the console, and where they reach apps.
PORT = env.int("SLIPWAY_PORT", default=8000)
APPS_PORT = env.int("SLIPWAY_APPS_PORT", default=8080)
APPS_DOMAIN = env.str("SLIPWAY_APPS_DOMAIN", default="localhost")
# Certificates for apps' own domains: none, of the router's own authority, or of one that speaks ACME (RFC 8555).
TLS = env.str("SLIPWAY_TLS", default="off")
if TLS not in ("off", "internal", "auto"):
    raise ImproperlyConfigured("SLIPWAY_TLS is off, internal or auto.")
HTTPS_PORT = env.int("SLIPWAY_HTTPS_PORT", default=8443)
ACME_DIRECTORY = env.str("SLIPWAY_ACME_DIRECTORY", default="")
ACME_EMAIL = env.str("SLIPWAY_ACME_EMAIL", default="")
ACME_ROOT = env.str("SLIPWAY_ACME_ROOT", default="")
ALLOWED_HOSTS = env.list("SLIPWAY_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("SLIPWAY_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "channels",
    "runtimes",
    "buildpacks",
    "builds",
    "console",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.security.NoNulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.security.ContentSecurityPolicyMiddleware",
]

ROOT_URLCONF = "console.urls"
ASGI_APPLICATION = "console.asgi.application"
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
            ],
        },
    },
]

# One writer at a time, readers never wait (WAL); IMMEDIATE so that a transaction that will write waits at its
# beginning instead of failing in its middle. Each connection may keep 16 MB of pages, so that a list need not read
# those of many apps again and again.
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR}/slipway.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
    }

REDIS_URL = env.str("SLIPWAY_REDIS_URL", default="") or "redis://:{password}@127.0.0.1:{port}".format(
    password=keep_key(DATA_DIR / "redis.password"), port=env.int("SLIPWAY_REDIS_PORT", default=6380)
)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # Longer than the 5 s for which a silent layer waits, else each quiet moment ends in a time-out.
        "CONFIG": {"hosts": [{"address": f"{REDIS_URL}/1", "socket_timeout": 30}], "prefix": NAMESPACE},
    }
}

CELERY_BROKER_URL = f"{REDIS_URL}/0"
CELERY_TASK_IGNORE_RESULT = True
# A worker waits for its broker as long as it is away, and whatever it says while it comes back.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_WORKER_CONSUMER = "console.broker:Consumer"
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 3600, "global_keyprefix": f"{NAMESPACE}."}
CELERY_TASK_ROUTES = {"builds.tasks.build_next": {"queue": "builder"}, "*": {"queue": "controller"}}
CELERY_BEAT_SCHEDULE = {
    "builds": {"task": "builds.tasks.look_after", "schedule": 10.0, "options": {"expires": 10}},
    "environments": {"task": "runtimes.tasks.look_after", "schedule": 10.0, "options": {"expires": 10}},
    "cleanup": {"task": "builds.tasks.clean_up", "schedule": 3600.0, "options": {"expires": 3600}},
    "selfcheck": {"task": "builds.tasks.check_self", "schedule": 30.0, "options": {"expires": 30}},
    "domains": {"task": "runtimes.tasks.look_up_due", "schedule": 60.0, "options": {"expires": 60}},
}

# Failed sign-ins are counted here. The usual 300 places are soon filled by whoever wants a count to be forgotten.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Slugs, sources, logs: local files by default, S3 where a bucket is named.
STORAGE_DIR = DATA_DIR / "storage"
S3_BUCKET = env.str("SLIPWAY_S3_BUCKET", default="")


def _storage(name: str) -> dict[str, object]:
    if not S3_BUCKET:
        return {"BACKEND": "runtimes.storage.WholeFileStorage", "OPTIONS": {"location": STORAGE_DIR / name}}
    return {
        "BACKEND": "runtimes.bucket.BucketStorage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "location": name,
            "endpoint_url": env.str("SLIPWAY_S3_ENDPOINT", default="") or None,
            "region_name": env.str("SLIPWAY_S3_REGION", default="") or None,
            "access_key": env.str("SLIPWAY_S3_ACCESS_KEY", default="") or None,
            "secret_key": env.str("SLIPWAY_S3_SECRET_KEY", default="") or None,
            "signature_version": "s3v4",
            "file_overwrite": True,
        },
    }


STORAGES = {
    "default": _storage("default"),
    "sources": _storage("sources"),
    "slugs": _storage("slugs"),
    "logs": _storage("logs"),
    "buildpacks": _storage("buildpacks"),
    "staticfiles": {"BACKEND": "console.storage.StaticFiles"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "console" / "static"]
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# What a build may use. Sizes in bytes, memory in MB, times in seconds.
BUILDERS = env.int("SLIPWAY_BUILDERS", default=2)
BUILD_TIMEOUT = env.int("SLIPWAY_BUILD_TIMEOUT", default=15 * 60)
BUILD_MEMORY = env.int("SLIPWAY_BUILD_MEMORY", default=2048)
BUILD_CPUS = env.float("SLIPWAY_BUILD_CPUS", default=2.0)
BUILD_PIDS = env.int("SLIPWAY_BUILD_PIDS", default=1024)
FETCH_TIMEOUT = env.int("SLIPWAY_FETCH_TIMEOUT", default=300)
SOURCE_BYTES = env.int("SLIPWAY_SOURCE_BYTES", default=1024**3)
SOURCE_FILES = env.int("SLIPWAY_SOURCE_FILES", default=200_000)
SLUG_BYTES = env.int("SLIPWAY_SLUG_BYTES", default=500 * 1024**2)
INSTANCES = env.int("SLIPWAY_INSTANCES", default=100)
RELEASE_TIMEOUT = env.int("SLIPWAY_RELEASE_TIMEOUT", default=30 * 60)
STOCK_AHEAD = env.bool("SLIPWAY_STOCK_AHEAD", default=True)

# What people run by hand. A shell shows and changes all that an app knows: it is off until somebody wants it.
ONE_OFFS = env.int("SLIPWAY_ONE_OFFS", default=10)
RUN_TIMEOUT = env.int("SLIPWAY_RUN_TIMEOUT", default=60 * 60)
SHELL = env.bool("SLIPWAY_SHELL", default=False)
SHELL_IDLE = env.int("SLIPWAY_SHELL_IDLE", default=10 * 60)

CA_BUNDLE = env.str("SLIPWAY_CA_BUNDLE", default="") or env.str("SSL_CERT_FILE", default="")

# From where sources, buildpacks and images may be fetched (`runtimes.address_rules`). A team that runs its own platform
# mostly has its Git server and its registry in its own network, so private ranges pass unless they are refused here;
# loopback, link-local and the like never do, except for the networks that are named.
PRIVATE_ADDRESSES = env.bool("SLIPWAY_PRIVATE_ADDRESSES", default=True)
ALLOWED_ADDRESSES = env.list("SLIPWAY_ALLOWED_ADDRESSES", default=[])

# What builders are told of package registries; nothing where nothing is set.
BUILD_ENVIRONMENT = {
    name: value
    for name in (
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_TRUSTED_HOST",
        "NPM_CONFIG_REGISTRY",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
    )
    if (value := env.str(name, default=""))
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "apps"
LOGOUT_REDIRECT_URL = "login"

# Behind TLS these are set by SLIPWAY_HTTPS; on plain http://localhost they would lock people out.
HTTPS = env.bool("SLIPWAY_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
BEHIND_PROXY = env.bool("SLIPWAY_BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# How many proxies of ours stand before the console; only what they add to X-Forwarded-For is believed.
PROXIES = env.int("SLIPWAY_PROXIES", default=1 if BEHIND_PROXY else 0)
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True

LANGUAGE_CODE = "en"
USE_I18N = LANGUAGE_CODE != "en"  # the texts are English: looking each of them up takes a tenth of a page's time
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env.str("SLIPWAY_LOG_LEVEL", default="INFO")},
}
