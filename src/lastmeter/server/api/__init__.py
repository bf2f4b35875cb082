"""The REST API under /api/v1: who asks, how errors read, pages by cursor; each app brings its routes in its `api.py`."""
