"""The schema and an interactive page over it; both for people who have signed in (EN5)."""

from __future__ import annotations

from threading import Lock
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import IsAuthenticated


class Once(SchemaGenerator):
    """Reads the source of every view, so a process does it once a language; never two threads at
    once, which drf-spectacular cannot."""

    written: ClassVar[dict[str | None, Any]] = {}
    one_at_a_time: ClassVar[Lock] = Lock()

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        language = get_language()
        with self.one_at_a_time:
            if language not in self.written:
                whole = super().get_schema(None, public)  # type: ignore[no-untyped-call]
                self.written[language] = whole
        return self.written[language]


class Schema(SpectacularAPIView):
    """OpenAPI 3, as JSON. The same for everybody: it says what exists, not what one may."""

    generator_class = Once
    permission_classes = [IsAuthenticated]
    renderer_classes = [OpenApiJsonRenderer2]
    metadata_class = None
    serve_public = True


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own address, told by our own script: no inline script or style."""
    return render(request, "api/reference.html", {"schema": reverse("api_schema")})
