"""Addresses of this app: the doors that programs use, and the console's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from lastmeter.server.intake import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/events", views.events, name="events"),
    path("api/v1/sources/<str:name>/heartbeat", views.heartbeat, name="heartbeat"),
    path("api/v1/sources/<str:name>/watermark", views.watermark, name="watermark"),
    path("hooks/<str:name>", views.hook, name="hook"),
    path("", include("lastmeter.server.intake.console.urls")),
]
