"""The usual path: from the usual start along the most frequent directly-follows arcs, each step once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from lastmeter.journeys.mining.directly_follows import Arc


def usual_path(arcs: Iterable[Arc], starts: dict[str, int], ends: dict[str, int]) -> list[str]:
    """The path that the arcs make, where each activity occurs at most once a case.

    From the activity in which most cases begin, go along the most frequent arc to an activity not yet visited, until more
    cases end there than go on. What the greedy path jumps over is put in before the step that it most often precedes.
    """
    if not starts:
        return []
    weight = Counter({(arc.activity, arc.following): arc.times for arc in arcs})
    path = [max(sorted(starts), key=lambda one: starts[one])]
    while True:
        here = path[-1]
        onward = {later: count for (one, later), count in weight.items() if one == here and later not in path}
        best = max(sorted(onward), key=lambda one: onward[one], default=None)
        if best is None or onward[best] < ends.get(here, 0):
            break
        path.append(best)
    return _with_skipped(path, weight, [*starts, *ends])


def _with_skipped(path: list[str], weight: Counter[tuple[str, str]], others: Sequence[str]) -> list[str]:
    known = sorted({one for pair in weight for one in pair} | set(others))
    for one in known:
        if one in path:
            continue
        before = [sum(weight[step, one] - weight[one, step] for step in path[: position]) + sum(weight[one, step] - weight[step, one]
                  for step in path[position:]) for position in range(len(path) + 1)]
        place = max(range(len(before)), key=lambda position: before[position])
        path = [*path[:place], one, *path[place:]]
    return path
