"""A Django site of one file: one protected view, guarded by what RIVAL names, over SQLite in FOLDER."""

import os

import django
from django.conf import settings

RIVAL, FOLDER = os.environ["RIVAL"], os.environ["FOLDER"]
APPS = ["knox"] if RIVAL == "knox" else ["rest_framework_api_key", "keys"]

settings.configure(
    SECRET_KEY="a secret of a measurement, which guards nothing",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="views",
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(FOLDER, "keys.db"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"},
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", *APPS],
    # Of Django's own only the one that says how long an answer is, without which it would be sent in chunks.
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
    REST_KNOX={"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": None},
)
django.setup()
