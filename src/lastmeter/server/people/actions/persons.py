"""Inviting, changing and letting go of persons; what a person says about itself."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction

from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.titles import LANGS, Lang, Title
from lastmeter.server import clock
from lastmeter.server.people import queries
from lastmeter.server.people.actions import errors, holdings
from lastmeter.server.people.ledger import record
from lastmeter.server.people.models import Invitation, Person
from lastmeter.server.people.permissions import ROLES, Role, demand
from lastmeter.server.people.sessions import end_sessions

INVITATION_DAYS = 7
COMMAND_LINE = "command line"
log = logging.getLogger(__name__)

_SUBJECT = Title("{company}：邀请您使用 Last Meter", "{company}: your invitation to Last Meter")
_LETTER = Title(
    "您好：\n\n{company} 邀请您使用 Last Meter（角色：{role}）。\n请在 {days} 天内打开这个链接，设置密码：\n\n{link}\n\n链接只能用一次。",
    "Hello,\n\n{company} invites you to Last Meter (role: {role}).\nOpen this link within {days} days to set a password:\n\n{link}\n\n"
    "The link works once.",
)


@dataclass(frozen=True, slots=True)
class Invited:
    """A person who was invited, and the secret of the link; it is shown once and never kept."""

    person: Person
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """Who is to be invited, as what, and how far that person's view shall reach."""

    role: Role
    email: str = ""
    name: str = ""
    username: str = ""
    brands: tuple[str, ...] = ()
    performer: str = ""

    def __post_init__(self) -> None:
        """Addresses are kept in small letters, as those who sign in by them are looked up."""
        object.__setattr__(self, "email", self.email.strip().lower())

    def check(self) -> None:
        """Refuse what cannot be a person.

        Raises:
            LastMeterError: `people.invalid`.
        """
        if self.role not in ROLES:
            raise errors.invalid(Title("没有这个角色", "There is no such role"))
        if self.email:
            try:
                validate_email(self.email)
            except ValidationError:
                raise errors.invalid(Title("邮箱地址不对", "This is no e-mail address")) from None
        if self.username:
            check_username(self.username)
        if self.role == "third_party" and not self.performer:
            raise errors.invalid(Title("第三方必须写明执行方", "A third party needs the name it has as performer"))


def check_username(username: str) -> None:
    """Refuse a user name that cannot be one.

    Raises:
        LastMeterError: `people.invalid`.
    """
    try:
        Person._meta.get_field("username").run_validators(username)
    except ValidationError:
        raise errors.invalid(Title("用户名只能有字母、数字和 @ . + - _", "A user name has letters, digits and @ . + - _ only")) from None


@transaction.atomic
def invite(actor: Person | None, wanted: Invitee) -> Invited:
    """Add a person who sets a password by a link; `actor` None: from the command line of the server.

    Raises:
        LastMeterError: `people.not_allowed`, `people.beyond_own_reach`, `people.invalid`, `people.taken`.
    """
    if actor is not None:
        demand(actor, "people.edit")
        errors.demand_within(actor, wanted.brands)
    wanted.check()
    if wanted.email and Person.objects.filter(email__iexact=wanted.email).exists():
        raise errors.taken("e-mail")
    if wanted.username and Person.objects.filter(username__iexact=wanted.username).exists():
        raise errors.taken("user name")
    person = Person(
        username=wanted.username or _free_username(wanted.email.partition("@")[0] or wanted.role), name=wanted.name,
        email=wanted.email, role=wanted.role, brands=sorted(wanted.brands), performer=wanted.performer,
    )
    person.set_unusable_password()
    person.save()
    _vouch_for_address(person)
    return invite_again(actor, person)


@transaction.atomic
def invite_again(actor: Person | None, person: Person) -> Invited:
    """A new link for a person; older ones stop working.

    Raises:
        LastMeterError: `people.not_allowed`, `people.beyond_own_reach`.
    """
    if actor is not None:
        demand(actor, "people.edit")
        errors.demand_within(actor, person.brands)
    now = clock.now()
    person.invitations.filter(used_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=now)
    secret = secrets.token_urlsafe(32)
    Invitation.objects.create(
        person=person, inviter=actor, secret_hash=_hashed(secret), created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    record(actor or COMMAND_LINE, "people.invite", object_type="person", object_id=person.username, role=person.role)
    return Invited(person, secret)


def mail_invitation(invited: Invited, link: str, company: Title, lang: Lang) -> bool:
    """Send the link; whether that worked. Call it after the transaction that invited."""
    if not invited.person.email:
        return False
    words = {"company": company.say(lang), "role": invited.person.role_title.say(lang), "days": INVITATION_DAYS, "link": link}
    try:
        send_mail(_SUBJECT.say(lang, **words), _LETTER.say(lang, **words), None, [invited.person.email])
    except OSError as error:
        log.warning("an invitation could not be mailed", extra={"fields": {"error": type(error).__name__}})
        return False
    return True


@transaction.atomic
def withdraw(actor: Person, invitation: Invitation) -> None:
    """Make a link stop working.

    Raises:
        LastMeterError: `people.not_allowed`, `people.beyond_own_reach`.
    """
    demand(actor, "people.edit")
    errors.demand_within(actor, invitation.person.brands)
    invitation.withdrawn_at = clock.now()
    invitation.save(update_fields=["withdrawn_at"])
    record(actor, "people.invitation_withdraw", object_type="person", object_id=invitation.person.username)


def invitation_of(secret: str) -> Invitation:
    """The invitation that a link opens.

    Raises:
        LastMeterError: `people.invitation_over`.
    """
    found = queries.open_invitations().filter(secret_hash=_hashed(secret)).first()
    if found is None:
        raise LastMeterError(
            "people.invitation_over", Title("这个邀请链接已失效", "This invitation is no longer valid"),
            Title("链接 7 天内有效、只能用一次；请邀请人重新发一个", "A link works once, within 7 days; ask for a new one"),
        )
    return found


@transaction.atomic
def accept(secret: str, *, name: str, username: str, password: str) -> Person:
    """The invited person sets name, user name and password; the link is used up.

    Raises:
        LastMeterError: `people.invitation_over`, `people.invalid`, `people.taken`, `people.weak_password`.
    """
    # Whoever comes second with the same link waits here, and then finds it used up.
    Invitation.objects.select_for_update().filter(secret_hash=_hashed(secret)).first()
    invitation = invitation_of(secret)
    person = invitation.person
    check_username(username)
    if Person.objects.filter(username__iexact=username).exclude(pk=person.pk).exists():
        raise errors.taken("user name")
    person.username, person.name = username, name.strip()[:120]
    try:
        validate_password(password, person)
    except ValidationError as error:
        reasons = " ".join(error.messages)
        raise LastMeterError(
            "people.weak_password", Title("密码不行：{why}", "This password will not do: {why}"),
            Title("换一个更长、更不常见的密码", "Choose a longer, less common one"), why=reasons,
        ) from None
    person.set_password(password)
    person.save()
    invitation.used_at = clock.now()
    invitation.save(update_fields=["used_at"])
    record(person, "people.accept", object_type="person", object_id=person.username)
    return person


@transaction.atomic
def come_without_link(person: Person) -> None:
    """An invited person comes in by single sign-on: a link that was not needed is used up."""
    if queries.open_invitations().filter(person=person).update(used_at=clock.now()):
        record(person, "people.accept", object_type="person", object_id=person.username, way="single sign-on")


@transaction.atomic
def change(actor: Person, person: Person, wanted: Invitee) -> None:
    """Change a person's name, address, role and reach.

    Raises:
        LastMeterError: `people.not_allowed`, `people.beyond_own_reach`, `people.invalid`, `people.taken`,
            `people.last_owner`.
    """
    demand(actor, "people.edit")
    errors.demand_within(actor, person.brands)
    errors.demand_within(actor, wanted.brands)
    wanted.check()
    if wanted.email and Person.objects.filter(email__iexact=wanted.email).exclude(pk=person.pk).exists():
        raise errors.taken("e-mail")
    before = {"role": person.role, "brands": person.brands, "performer": person.performer}
    if person.role == "owner" and wanted.role != "owner":
        _keep_an_owner(person)
    person.name, person.email, person.role = wanted.name, wanted.email, wanted.role
    person.brands, person.performer = sorted(wanted.brands), wanted.performer
    person.save()
    _vouch_for_address(person)
    after = {"role": person.role, "brands": person.brands, "performer": person.performer}
    record(actor, "people.change", object_type="person", object_id=person.username, before=before, after=after)


@transaction.atomic
def deactivate(actor: Person, person: Person, *, successor: Person | None, reason: str = "") -> list[str]:
    """Let a leaver go: signed out everywhere; the posts go to the successor today, or stand vacant. Their codes.

    Raises:
        LastMeterError: `people.not_allowed`, `people.beyond_own_reach`, `people.last_owner`, `people.invalid`.
    """
    demand(actor, "people.edit")
    errors.demand_within(actor, person.brands)
    if person.role == "owner":
        _keep_an_owner(person)
    posts = holdings.hand_over(person, successor)
    person.is_active = False
    person.save(update_fields=["is_active"])
    end_sessions(person)
    person.invitations.filter(used_at__isnull=True, withdrawn_at__isnull=True).update(withdrawn_at=clock.now())
    record(actor, "people.deactivate", object_type="person", object_id=person.username, reason=reason, posts=posts,
           successor=successor.username if successor else "")
    return posts


@transaction.atomic
def reactivate(actor: Person, person: Person) -> None:
    """Let somebody in again; posts are given anew.

    Raises:
        LastMeterError: `people.not_allowed`, `people.beyond_own_reach`.
    """
    demand(actor, "people.edit")
    errors.demand_within(actor, person.brands)
    person.is_active = True
    person.save(update_fields=["is_active"])
    record(actor, "people.reactivate", object_type="person", object_id=person.username)


@transaction.atomic
def describe_oneself(person: Person, *, name: str, lang: str, theme: str, compact: bool, single_keys: bool) -> None:
    """What a person says about itself.

    Raises:
        LastMeterError: `people.not_allowed`, `people.invalid`.
    """
    demand(person, "self")
    if lang not in {"", *LANGS} or theme not in {"", "light", "dark"}:
        raise errors.invalid(Title("没有这个选项", "There is no such choice"))
    person.name, person.lang, person.theme = name.strip()[:120], lang, theme
    person.compact, person.single_keys = compact, single_keys
    person.save(update_fields=["name", "lang", "theme", "compact", "single_keys"])


def _keep_an_owner(leaving: Person) -> None:
    others: Sequence[Person] = [owner for owner in queries.owners() if owner.pk != leaving.pk]
    if not any(queries.can_sign_in(owner) for owner in others):
        raise errors.last_owner()


def _vouch_for_address(person: Person) -> None:
    """An address is set by an owner only, who answers for it: single sign-on may find the person by it."""
    EmailAddress.objects.filter(user=person).exclude(email=person.email).delete()
    if person.email:
        EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _free_username(wanted: str) -> str:
    base = "".join(letter for letter in wanted if letter.isalnum() or letter in "@.+-_")[:140] or "person"
    name, number = base, 1
    while Person.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{base}{number}"
    return name
