"""Service: does one contact settle it, how long do people wait, how long is a case open.

Events: `contact.made` (first object: what it is about; outcome: resolved or unresolved, by the customer's own word; measured:
seconds waited), `contact.abandoned`; `case.opened`, `case.closed`, `case.reopened` of a case.
"""

from __future__ import annotations

import narwhals.stable.v2 as nw

from lastmeter.indicators.happened import with_happenings
from lastmeter.indicators.indicator import DAY, Example, Indicator
from lastmeter.journeys.facts import Facts, Frame
from lastmeter.kernel.titles import Title

WINDOW_DAYS = 7
WINDOW = WINDOW_DAYS * DAY
OBJECT = ["object_type", "object_id"]
MADE, ABANDONED = "contact.made", "contact.abandoned"
OPENED, CLOSED, REOPENED = "case.opened", "case.closed", "case.reopened"
CONTACT = nw.col("type") == MADE
LAST_CLOSE = (nw.col("type") == CLOSED) & (nw.col("occurred_at") == nw.col("last_closed_at"))


def with_neighbours(frame: Frame, facts: Facts) -> Frame:
    """The contacts alone, with the seconds since the one before about the same thing, and until the next."""
    del facts
    at = nw.col("occurred_at")
    contacts = frame.filter(CONTACT, ~at.is_null()).with_columns(
        at.shift(1).over(*OBJECT, order_by="occurred_at").alias("before_at"),
        at.shift(-1).over(*OBJECT, order_by="occurred_at").alias("next_at"),
    )
    return contacts.with_columns(
        (at - nw.col("before_at")).dt.total_seconds().alias("seconds_since"),
        (nw.col("next_at") - at).dt.total_seconds().alias("seconds_until"),
    )


def with_case(frame: Frame, facts: Facts) -> Frame:
    """Adds when the same case was first opened and last closed, and how often it was opened again."""
    del facts
    at = nw.col("occurred_at")
    cases = frame.group_by(*OBJECT).agg(
        nw.when(nw.col("type") == OPENED).then(at).min().alias("opened_at"),
        nw.when(nw.col("type") == CLOSED).then(at).max().alias("last_closed_at"),
        nw.when(nw.col("type") == REOPENED).then(nw.lit(1)).otherwise(nw.lit(0)).sum().alias("times_reopened"),
    )
    return frame.join(cases, on=OBJECT, how="left")


def with_contacts(frame: Frame, facts: Facts) -> Frame:
    """Adds to journeys how many contacts are about each."""
    return with_happenings(frame, facts, MADE)


def _contact(about: str, at: str, outcome: str | None = None) -> dict[str, object]:
    return {"type": MADE, "object_type": "order", "object_id": about, "occurred_at": at, "outcome": outcome}


# a: once, settled. b: three times in four days, then once more after a month. c: in the last week, too young to judge.
_CONTACTS = (
    _contact("a", "2024-05-01T09:00:00"), _contact("b", "2024-05-01T09:00:00"), _contact("b", "2024-05-03T09:00:00"),
    _contact("b", "2024-05-05T09:00:00"), _contact("b", "2024-06-05T09:00:00"), _contact("c", "2024-06-28T09:00:00"),
    {"type": ABANDONED, "object_type": "order", "object_id": "a", "occurred_at": "2024-05-02T09:00:00"},
)


def _case(case: str, kind: str, at: str) -> dict[str, object]:
    return {"type": kind, "object_type": "case", "object_id": case, "occurred_at": at}


# Case k takes 2 days; m is closed after 1, opened again and closed after 6 in all; n takes 3; o is open.
_CASES = (
    _case("k", OPENED, "2024-05-01T00:00:00"), _case("k", CLOSED, "2024-05-03T00:00:00"),
    _case("m", OPENED, "2024-05-01T00:00:00"), _case("m", CLOSED, "2024-05-02T00:00:00"),
    _case("m", REOPENED, "2024-05-04T00:00:00"), _case("m", CLOSED, "2024-05-07T00:00:00"),
    _case("n", OPENED, "2024-05-01T00:00:00"), _case("n", CLOSED, "2024-05-04T00:00:00"),
    _case("o", OPENED, "2024-05-01T00:00:00"),
)
_CASE_SECONDS = (nw.col("occurred_at") - nw.col("opened_at")).dt.total_seconds()

AREA = Title("服务接触", "Contacts")

INDICATORS = (
    Indicator(
        code="first_contact_resolution",
        title=Title("一次解决率", "First contact resolution"),
        meaning=Title(
            "为一件事第一次来联系的，7 天内不必再来的占比；不满 7 天的还不计。",
            "Of first contacts about a matter, the share without another within 7 days; those younger are not judged yet.",
        ),
        unit="share", direction="up", table="happenings",
        population=(nw.col("seconds_since").is_null() | (nw.col("seconds_since") > WINDOW))
        & ((nw.col("as_of") - nw.col("occurred_at")).dt.total_seconds() >= WINDOW),
        aggregation="share", hit=nw.col("seconds_until").is_null() | (nw.col("seconds_until") > WINDOW),
        derive=with_neighbours, dated_by="occurred", owner="area:service", events=(MADE,),
        example=Example(rows=_CONTACTS, expected=2 / 3, n=3),  # a, b in May (came again), b in June
    ),
    Indicator(
        code="repeat_contact_share",
        title=Title("重复来询占比", "Repeat contact share"),
        meaning=Title(
            "全部联系中，7 天内已为同一件事联系过的占比。",
            "Of all contacts, the share about a matter that had been raised within the 7 days before.",
        ),
        unit="share", direction="down", table="happenings", population=~nw.col("occurred_at").is_null(),
        aggregation="share", hit=nw.col("seconds_since") <= WINDOW, derive=with_neighbours, dated_by="occurred",
        owner="area:service", events=(MADE,), example=Example(rows=_CONTACTS, expected=2 / 6, n=6),
    ),
    Indicator(
        code="resolved_by_word_share",
        title=Title("顾客说解决了的占比", "Resolved, in the customer's word"),
        meaning=Title(
            "问过顾客的联系中，顾客说已经解决的占比；与一次解决率并列看。",
            "Of the contacts whose customer was asked, the share called resolved; to be read beside first contact resolution.",
        ),
        unit="share", direction="up", table="happenings",
        population=CONTACT & nw.col("outcome").is_in(["resolved", "unresolved"]), aggregation="share",
        hit=nw.col("outcome") == "resolved", dated_by="occurred", owner="area:service", events=(MADE,),
        example=Example(
            rows=tuple(_contact("a", "2024-05-01T09:00:00", said) for said in ("resolved", "resolved", "resolved", "unresolved", None)),
            expected=0.75, n=4,
        ),
    ),
    Indicator(
        code="contact_wait_p90",
        title=Title("等候接通（第 90 百分位）", "Wait to be answered (90th percentile)"),
        meaning=Title("九成的联系等候不超过多少秒。", "Nine of ten contacts wait no longer than so many seconds."),
        unit="seconds", direction="down", table="happenings", population=CONTACT, aggregation="p90",
        value=nw.col("measured"), dated_by="occurred", owner="area:service", events=(MADE,),
        example=Example(
            rows=tuple({"type": MADE, "measured": seconds} for seconds in (10.0, 20.0, 30.0, 40.0, 140.0, None)),
            expected=100.0, n=5,  # 40 + 0.6 · 100
        ),
    ),
    Indicator(
        code="contact_abandoned_share",
        title=Title("没等到就放弃的占比", "Contacts given up before an answer"),
        meaning=Title("想联系的人中，没等到回应就放弃的占比。", "Of all who tried to reach us, the share that gave up unanswered."),
        unit="share", direction="down", table="happenings", population=nw.col("type").is_in([MADE, ABANDONED]),
        aggregation="share", hit=nw.col("type") == ABANDONED, dated_by="occurred", owner="area:service",
        events=(MADE, ABANDONED), example=Example(rows=_CONTACTS, expected=1 / 7, n=7),
    ),
    Indicator(
        code="contacts_per_hundred",
        title=Title("每百单来询数", "Contacts per hundred journeys"),
        meaning=Title(
            "每一百个到期旅程，顾客平均来联系多少次；最好的服务是不必联系。",
            "How often customers contact us about a hundred journeys that fell due; the best service needs no contact.",
        ),
        unit="count", direction="down", table="journeys", population=nw.col("counted"), aggregation="mean",
        value=nw.col("happened") * 100.0, derive=with_contacts, owner="area:service", events=(MADE,),
        example=Example(
            rows=tuple({"counted": True, "journey_id": each} for each in "abde"), happenings=_CONTACTS,
            expected=125.0, n=4,  # a 1, b 4, d and e none
        ),
    ),
    Indicator(
        code="case_close_median",
        title=Title("工单关闭用时（中位数）", "Time to close a case (median)"),
        meaning=Title(
            "从开单到最后一次关闭，一半的工单用时不超过多少天。",
            "From opening to the last closing, half of the cases take no longer than so many days.",
        ),
        unit="days", direction="down", table="happenings", population=LAST_CLOSE, aggregation="median",
        value=_CASE_SECONDS, per=DAY, derive=with_case, dated_by="occurred", owner="area:service", events=(OPENED, CLOSED),
        example=Example(rows=_CASES, expected=3.0, n=3),  # 2 3 6
    ),
    Indicator(
        code="case_close_p90",
        title=Title("工单关闭用时（第 90 百分位）", "Time to close a case (90th percentile)"),
        meaning=Title(
            "从开单到最后一次关闭，九成的工单用时不超过多少天。",
            "From opening to the last closing, nine of ten cases take no longer than so many days.",
        ),
        unit="days", direction="down", table="happenings", population=LAST_CLOSE, aggregation="p90",
        value=_CASE_SECONDS, per=DAY, derive=with_case, dated_by="occurred", owner="area:service", events=(OPENED, CLOSED),
        example=Example(rows=_CASES, expected=5.4, n=3),  # 3 + 0.8 · 3
    ),
    Indicator(
        code="case_reopened_share",
        title=Title("工单重开占比", "Cases opened again"),
        meaning=Title("关闭的工单中，关闭后又被重新打开过的占比。", "Of the closed cases, the share that had to be opened again."),
        unit="share", direction="down", table="happenings", population=LAST_CLOSE, aggregation="share",
        hit=nw.col("times_reopened") > 0, derive=with_case, dated_by="occurred", owner="area:service",
        events=(CLOSED, REOPENED), example=Example(rows=_CASES, expected=1 / 3, n=3),
    ),
)
