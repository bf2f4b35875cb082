"""What the web server calls."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lastmeter.server.settings")
application = get_wsgi_application()
# What is loaded now stays: the collector need not look through it again and again while events come in by the thousand.
gc.collect()
gc.freeze()
