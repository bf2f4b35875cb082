"""One page a file: a thin view, its `urlpatterns`."""
