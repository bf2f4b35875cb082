"""Mail about unusual revealing, sent by the worker."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django_tasks import task

from lastmeter.kernel.titles import LANGS, Lang, Title
from lastmeter.server.audit.actions.revealing import UNUSUAL_TITLES
from lastmeter.server.audit.models import AuditRow
from lastmeter.server.people.queries import owners

_SUBJECT = Title("{company}：个人数据的查看有异常", "{company}: unusual revealing of personal data")
_LETTER = Title(
    "{who} 今天已显示 {n} 项个人数据。\n{why}\n\n在“审计”页查看详情。",
    "{who} revealed {n} personal values today.\n{why}\n\nSee the page Audit for details.",
)


@task()
def alarm_owners(row_id: int) -> None:
    """Tell every owner who has an address of the flag in this audit row: a task each, so that one that fails stops no other."""
    with transaction.atomic():
        for owner in owners().exclude(email=""):
            alarm_owner.enqueue(row_id, owner.pk)


@task()
def alarm_owner(row_id: int, owner_id: int) -> None:
    """Tell one owner. Begun again after its worker died, it may tell twice; never not at all."""
    row, owner = AuditRow.objects.get(pk=row_id), owners().exclude(email="").filter(pk=owner_id).first()
    if owner is None:
        return
    first: Lang = settings.COMPANY.company.languages[0]
    spoken: Lang = next((lang for lang in LANGS if lang == owner.lang), first)
    words = {
        "company": settings.COMPANY.company.name.title().say(spoken), "who": row.object_id, "n": row.detail["today"],
        "why": "\n".join(UNUSUAL_TITLES[why].say(spoken) for why in row.detail["why"]),
    }
    send_mail(_SUBJECT.say(spoken, **words), _LETTER.say(spoken, **words), None, [owner.email])
