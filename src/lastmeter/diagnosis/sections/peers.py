"""A post beside its peers: its share of journeys with a flaw of its own, minus theirs."""

from __future__ import annotations

from lastmeter.diagnosis.accountable import BesidePeers
from lastmeter.diagnosis.sections import Content, section
from lastmeter.diagnosis.study import Study
from lastmeter.diagnosis.words import count, fill, percent, points
from lastmeter.kernel.titles import Title


class Peers(Content, frozen=True, tag="peers"):
    """The difference is judged against what is usual for this post, for posts differ in what passes them."""

    peers: BesidePeers


@section(
    15, Title("和同级相比", "Beside our peers"),
    Title("有自己瑕疵的旅程占比，减去其他各家的平均", "share of journeys with a flaw of one's own, minus the others' average"),
)
def peers(study: Study) -> tuple[Peers, Title] | None:
    """Only in the brief of a post or a department."""
    found = study.beside_peers
    if found is None:
        return None
    said = fill(
        Title("{own}，其他 {others} 个平均 {peers}：相差 {difference}",
              "{own} against {peers} on average of {others} others: {difference}"),
        own=percent(found.own), peers=percent(found.peers), others=str(found.peer_count), difference=points(found.difference),
    )
    sentence = (
        Title("{said}（n = {n}）。", "{said} (n = {n}).") if found.usual is None
        else Title("{said}，平常相差 {usual}（n = {n}）。", "{said}, usually {usual} (n = {n}).")
    )
    return Peers(found), fill(sentence, said=said, usual=points(found.usual or 0.0), n=count(found.n))
