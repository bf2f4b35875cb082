"""The rows that a declared flow's journeys leave in the exports: one wide row each, a log of acts, what was said."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lastmeter.demo.happening import Drawn
from lastmeter.demo.people import pick
from lastmeter.demo.products import money_text
from lastmeter.demo.said import COMPLAINT, SURVEY, Sayings
from lastmeter.demo.scenario import Act, Flow, Price
from lastmeter.demo.season import Floats, Ints

Columns = dict[str, pa.Array]
_EVENT_OF_KIND = {SURVEY: "answered", COMPLAINT: "complained"}


def journey_columns(flow: Flow, drawn: Drawn) -> Columns:
    """`visits.csv`: one row a journey, with what it is and what was promised."""
    columns = {f"{flow.name}_id": _ids(flow, drawn.number)}
    if flow.phrases:
        columns["customer_id"] = customer_ids(drawn.customer)
    for one in flow.dimensions:
        columns[one.column] = pick([value.code for value in one.values], drawn.dimensions[one.name])
    columns[f"{flow.start}_at"] = times(drawn.start)
    columns |= {f"{act}_at": times(drawn.first(act)) for act in flow.wide}
    return columns | {f"promised_{name}_by": times(moments) for name, moments in drawn.promised.items()}


def log_columns(rng: np.random.Generator, flow: Flow, drawn: Drawn) -> Columns:
    """`visit_log.csv`: one row for each occurrence of each act."""
    of, act, number, moment = _occurrences(flow, drawn)
    codes = [one.code for one in flow.acts]
    columns = {
        f"{flow.name}_id": _ids(flow, drawn.number[of]), "act": pick(codes, act), "number": pa.array(number),
        "happened_at": times(moment),
    }
    for proof in flow.proofs:
        lapse = ~np.isnan(drawn.first(proof.lapse))[of]
        given = (act == codes.index(proof.act)) & ~lapse
        numbers = pc.cast(pa.array(drawn.number[of]), pa.string())
        proofs = pc.binary_join_element_wise(proof.prefix, numbers, "")
        columns[proof.column] = pc.if_else(pa.array(given), proofs, pa.scalar(None, pa.string()))
    if flow.price:
        columns["amount"] = _amounts(rng, flow, flow.price, drawn, of, act)
    return columns


def feedback_columns(flow: Flow, drawn: Drawn, sayings: Sayings) -> Columns:
    """`visit_feedback.csv`: answers and complaints."""
    return {
        f"{flow.name}_id": _ids(flow, drawn.number[sayings.of]),
        "customer_id": customer_ids(drawn.customer[sayings.of]),
        "kind": sayings.kinds,
        "score": sayings.scores,
        "comment": sayings.texts,
        "said_at": times(sayings.said),
    }


def count_events(flow: Flow, drawn: Drawn, log: Columns, feedback: Columns | None) -> dict[str, int]:
    """How many events of each type an import of these rows finds."""
    journeys = len(drawn.number)
    counts = {f"{flow.name}.{flow.start}": journeys}
    counts |= {f"{flow.name}.{act}": int(np.count_nonzero(~np.isnan(drawn.first(act)))) for act in flow.wide}
    if flow.standing:
        counts["object.described"] = journeys
    counts |= {f"{flow.name}.{act}": found for act, found in _tally(log["act"]).items()}
    if feedback:
        counts |= {f"{flow.name}.{_EVENT_OF_KIND[kind]}": found for kind, found in _tally(feedback["kind"]).items()}
    return counts


def _tally(words: pa.Array) -> dict[str, int]:
    return {found["values"]: found["counts"] for found in pc.value_counts(words).to_pylist()}


def customer_ids(index: Ints) -> pa.Array:
    """`C000017` for customer 17."""
    return _padded("C", index)


def times(seconds: Floats) -> pa.Array:
    """Local times as the exporting systems print them; never is empty."""
    known = ~np.isnan(seconds)
    return pa.array(np.where(known, seconds, 0).astype(np.int64), pa.int64(), mask=~known).cast(pa.timestamp("s"))


def _ids(flow: Flow, number: Ints) -> pa.Array:
    return _padded(flow.prefix, number)


def _padded(prefix: str, number: Ints) -> pa.Array:
    digits = pc.utf8_lpad(pc.cast(pa.array(number), pa.string()), width=6, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


def _occurrences(flow: Flow, drawn: Drawn) -> tuple[Ints, Ints, Ints, Floats]:
    """Row of the chunk, position of the act, number of the occurrence and its time, journey by journey."""
    parts = [_of_act(drawn, position, act) for position, act in enumerate(flow.acts)
             if not act.hidden and act.code not in flow.wide]
    of, act, number, moment = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((act, moment, of))
    return of[order], act[order], number[order], moment[order]


def _of_act(drawn: Drawn, position: int, act: Act) -> tuple[Ints, Ints, Ints, Floats]:
    moments = drawn.times[act.code]
    of, column = np.nonzero(~np.isnan(moments))
    number = np.cumsum(~np.isnan(moments), axis=1)[of, column]
    return of, np.full(len(of), position), number, moments[of, column]


def _amounts(rng: np.random.Generator, flow: Flow, price: Price, drawn: Drawn, of: Ints, act: Ints) -> pa.Array:
    """What was quoted and charged, on the rows of these two acts."""
    count = len(drawn.number)
    usual = np.array([value.price for value in flow.dimension(price.dimension).values])[drawn.dimensions[price.dimension]]
    quoted = np.rint(usual * np.exp(0.25 * rng.standard_normal(count))).astype(np.int64) * 100
    more = np.rint(quoted * rng.uniform(0.12, 0.40, count) / 100).astype(np.int64) * 100
    over = ~np.isnan(drawn.first(price.over))
    codes = [one.code for one in flow.acts]
    charged = act == codes.index(price.charged)
    minor = np.where(charged, quoted[of] + (more * over)[of], quoted[of])
    priced = charged | (act == codes.index(price.quoted))
    return pc.if_else(pa.array(priced), money_text(minor), pa.scalar(None, pa.string()))
