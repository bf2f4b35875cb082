"""Addresses of sources and imports."""

from django.urls import path

from lastmeter.server.intake.console.views import importing, rejected, sources

urlpatterns = [
    path("sources/", sources.all_sources, name="sources"),
    path("sources/import/", importing.begin, name="import"),
    path("sources/import/<int:number>/", importing.run, name="import_run"),
    path("sources/batches/<int:number>/undo/", importing.undo, name="batch_undo"),
    path("sources/batches/<int:number>/rejected.csv", rejected.of_batch, name="batch_rejected"),
    path("sources/rejected/", rejected.all_rejected, name="rejected"),
    path("sources/rejected/<int:number>/", rejected.one, name="rejected_one"),
    path("sources/tokens/", sources.give_token, name="token_give"),
    path("sources/tokens/<int:number>/withdraw/", sources.withdraw_token, name="token_withdraw"),
    path("sources/<slug:name>/", sources.one, name="source"),
    path("sources/<slug:name>/mapping/", sources.mapping, name="source_mapping"),
    path("sources/<slug:name>/secret/", sources.new_secret, name="source_secret"),
    path("sources/<slug:name>/sending/", sources.sending, name="source_sending"),
]
