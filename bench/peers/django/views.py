"""The protected view, and where it is."""

from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from site_of_keys import RIVAL

if RIVAL == "knox":
    from knox.auth import TokenAuthentication

    AUTHENTICATION, PERMISSION = [TokenAuthentication], IsAuthenticated
else:
    from keys.models import ScopedKey
    from rest_framework_api_key.permissions import BaseHasAPIKey, KeyParser

    class BearerParser(KeyParser):
        keyword = "Bearer"

    class HoldsScope(BaseHasAPIKey):
        """Finds the key once, for its validity and its scope; asked for both apart, it would be found twice."""

        model, key_parser = ScopedKey, BearerParser()

        def has_permission(self, request, view):
            try:
                key = self.model.objects.get_from_key(self.get_key(request) or "")
            except self.model.DoesNotExist:
                return False
            return not key.has_expired and key.scope == "read:printers"

    AUTHENTICATION, PERMISSION = [], HoldsScope


class Printers(APIView):
    authentication_classes, permission_classes = AUTHENTICATION, [PERMISSION]

    def get(self, request):
        return Response({"ok": True})


urlpatterns = [path("printers", Printers.as_view())]
