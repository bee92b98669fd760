"""Django's settings. The database is a file in the folder that the environment names."""

from __future__ import annotations

import os

SECRET_KEY = "an application of tests"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.applications.django_project.urls"
INSTALLED_APPS = ["rest_framework", "tests.applications.django_project"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["APPLICATION_DATABASE"]}}
USE_TZ = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tests.applications.django_project.access.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tests.applications.django_project.access.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["tests.applications.django_project.access.KeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {"key": "60/min"},
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "tests.applications.django_project.answers.problem",
    "UNAUTHENTICATED_USER": None,
}
