"""Addresses of accounts and people: each page is one file in `views` with its `urlpatterns`."""

import importlib
import pkgutil

from django.urls import URLPattern, URLResolver, include, path

from lastmeter.server.people import accounts, views

urlpatterns: list[URLPattern | URLResolver] = [path("accounts/", include(accounts))]
for module in pkgutil.iter_modules(views.__path__):
    urlpatterns += getattr(importlib.import_module(f"{views.__name__}.{module.name}"), "urlpatterns", [])
