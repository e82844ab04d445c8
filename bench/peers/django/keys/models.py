"""A key that has scopes, as the documentation of djangorestframework-api-key says to make one."""

from django.conf import settings
from django.db import models
from rest_framework_api_key.models import AbstractAPIKey


class ScopedKey(AbstractAPIKey):
    """A key of one person's, with one scope."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    scope = models.CharField(max_length=50)
