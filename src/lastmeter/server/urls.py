"""Every address of the server, app by app; each app has its own list."""

from django.urls import include, path

from lastmeter.server.api.routes import api
from lastmeter.server.metrics import exposition
from lastmeter.server.people.access import open_door

urlpatterns = [
    path("", include("lastmeter.server.ui.urls")),
    path("", include("lastmeter.server.people.urls")),
    path("", include("lastmeter.server.audit.urls")),
    path("", include("lastmeter.server.intake.urls")),
    path("", include("lastmeter.server.watch.urls")),
    path("", include("lastmeter.server.board.urls")),
    path("", include("lastmeter.server.webhooks.urls")),
    path("metrics", open_door(exposition), name="metrics"),
    path("api/v1/", api.urls),
]
handler400 = "lastmeter.server.ui.views.bad_request"
handler403 = "lastmeter.server.ui.views.forbidden"
handler404 = "lastmeter.server.ui.views.not_found"
handler500 = "lastmeter.server.ui.views.failed"
