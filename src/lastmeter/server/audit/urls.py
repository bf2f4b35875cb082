"""Addresses of this app: each page is one file in `views` with its `urlpatterns`."""

import importlib
import pkgutil

from django.urls import URLPattern, URLResolver

from lastmeter.server.audit import views

urlpatterns: list[URLPattern | URLResolver] = []
for module in pkgutil.iter_modules(views.__path__):
    urlpatterns += getattr(importlib.import_module(f"{views.__name__}.{module.name}"), "urlpatterns", [])
