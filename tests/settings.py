"""The console's settings for tests: nothing outside this process, nothing kept afterwards."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Before the settings are read: a data directory of its own, and secrets that are its own too.
_DATA = tempfile.mkdtemp(prefix="slipway-tests-")
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
os.environ["SLIPWAY_DATA"] = _DATA
os.environ["SLIPWAY_NAMESPACE"] = "slipway-tests"
os.environ["SLIPWAY_ENGINE"] = "fake"
os.environ["SLIPWAY_LOG_LEVEL"] = "WARNING"
os.environ["SLIPWAY_SHELL"] = "true"

from console.settings import *  # noqa: E402, F403
from console.settings import CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

SERVICES = Path(_DATA) / "no-services"  # no test of this process starts the platform's own containers

STATIC_ROOT.mkdir()  # or each browser of a test is warned that there is none

USE_I18N = True  # there is a language of brackets

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {**CELERY_BROKER_TRANSPORT_OPTIONS, "polling_interval": 0.01}

# A file, since an SQLite database in memory cannot be shared by threads that write.
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["TEST"] = {"NAME": f"{_DATA}/test.sqlite3"}
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"

for _name in set(STORAGES) - {"staticfiles"}:
    STORAGES[_name] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
