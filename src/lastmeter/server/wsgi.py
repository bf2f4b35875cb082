"""What the web server calls."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lastmeter.server.settings")
application = get_wsgi_application()

from lastmeter.server.company import served  # noqa: E402 - Django first

# Opened before the first act: an act holds the write lock, and opening a journal waits for it.
served.journal  # noqa: B018
