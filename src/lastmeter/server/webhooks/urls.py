"""Addresses of the webhooks' page."""

from django.urls import path

from lastmeter.server.webhooks import views

urlpatterns = [
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/new/", views.subscribe, name="webhook-new"),
    path("webhooks/<int:pk>/", views.change, name="webhook"),
    path("webhooks/deliveries/<int:pk>/again/", views.again, name="webhook-again"),
]
