"""What the web server calls."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lastmeter.server.settings")
application = get_wsgi_application()
# Every view is loaded before the first request, which else would wait for all of them.
get_resolver().url_patterns  # noqa: B018 - looking loads them
# What is loaded now stays: the collector need not look through it again and again while events come in by the thousand.
gc.collect()
gc.freeze()
