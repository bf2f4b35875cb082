"""Addresses of the frame."""

from django.urls import path

from lastmeter.server.metrics import exposition
from lastmeter.server.people.access import open_door
from lastmeter.server.ui import views

urlpatterns = [
    path("metrics", open_door(exposition), name="metrics"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("choose/", views.choose, name="choose"),
    path("more/", views.more, name="more"),
]
