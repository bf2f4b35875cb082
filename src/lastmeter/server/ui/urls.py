"""Addresses of the frame."""

from django.urls import path

from lastmeter.server.ui import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("choose/", views.choose, name="choose"),
    path("more/", views.more, name="more"),
]
