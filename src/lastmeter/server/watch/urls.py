"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from lastmeter.server.watch import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("flaws/", views.flaws, name="flaws"),
    path("flaws/ahead/", views.ahead, name="flaws-ahead"),
    path("flaws/sources/", views.rhythms, name="flaws-sources"),
    path("flaws/<str:flaw_id>/", views.flaw, name="flaw"),
    path("flaws/<str:flaw_id>/take/", views.take, name="flaw-take"),
    path("flaws/<str:flaw_id>/release/", views.release, name="flaw-release"),
]
