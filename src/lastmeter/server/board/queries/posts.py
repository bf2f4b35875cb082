"""Who answers: the persons who hold posts now."""

from __future__ import annotations

from collections.abc import Collection

from lastmeter.server.company import find
from lastmeter.server.people.queries import holdings_on, today


def declared_owners() -> dict[str, str]:
    """By post, who owns it as the settings say."""
    return find(("post owners",), lambda ws: ws.post_owners()).value


def holders_of(posts: Collection[str | None]) -> dict[str, str]:
    """By post, the name of who holds it today: a person of the console, else as the settings say; vacant ones are left out."""
    wanted = {post for post in posts if post}
    if not wanted:
        return {}
    declared = declared_owners()
    found = {post: declared[post] for post in wanted if post in declared}
    for holding in holdings_on(today()).filter(post__in=wanted).order_by("since"):
        found[holding.post] = str(holding.person)
    return found
