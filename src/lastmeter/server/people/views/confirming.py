"""To the company's sign-in system and back, before something that only oneself may do."""

from __future__ import annotations

from django.urls import path

from lastmeter.server.people import single_sign_on
from lastmeter.server.people.access import allows

urlpatterns = [path("account/confirm/", allows("self")(single_sign_on.confirm), name="confirm_by_single_sign_on")]
