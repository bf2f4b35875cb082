"""Addresses of this app: the doors that programs use, and the console's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from lastmeter.server.intake import doors

urlpatterns: list[URLPattern | URLResolver] = [
    *doors.urlpatterns,
    path("", include("lastmeter.server.intake.console.urls")),
]
