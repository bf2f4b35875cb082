"""What happens to an order: from the click to the door, drawn for many orders at once.

Times are local seconds from 1970 as floats, NaN where a thing never happens. The stretches are lognormal around a
usual time, moved by what the orders of one day at one place share (so that figures need intervals adjusted for
clusters), by the season's strain, by shifts of warehouses and tours of couriers, and by the planted problems.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lastmeter.demo import season
from lastmeter.demo.cast import CARRIERS, FIRST_DAY, PROVINCES, WAREHOUSES, index_of
from lastmeter.demo.customers import Customers, draw_buyers, make_customers
from lastmeter.demo.people import Flags
from lastmeter.demo.problems import BREAKING_PARCELS, SHORT_PROMISE, SLOW_HANDOVER, Problem
from lastmeter.demo.products import Products, make_products
from lastmeter.demo.season import DAY_SECONDS, START, Floats, Ints

HOUR = 3600.0
MINUTE = 60.0

LINE_HAUL_HOURS = (9.0, 17.0, 30.0, 48.0)
PROMISED_DAYS = (1, 2, 3, 3)
"""Days from order to door that are promised, by distance class ..."""
LATEST_HOURS = (11, 20, 18, 8)
"""... and the hour from which the promise is a day later, by distance class."""


@dataclass(frozen=True)
class World:
    """All that the orders share; drawn once from the seed."""

    demand: Floats
    load: Floats
    products: Products
    customers: Customers
    warehouse_days: Floats
    """Factor on a warehouse's stretches, by warehouse and day."""
    carrier_days: Floats
    """Factor on a carrier's line haul, by carrier and day."""
    warehouse_choice: Floats
    """Running shares of the warehouses, by province."""
    carrier_choice: Floats
    """Running shares of the carriers, by province."""
    distance: Ints
    """Distance class by warehouse and province."""
    strength: float = 1.0
    """How strong the planted problems are: 1 as declared, 0 not there."""


@dataclass(frozen=True)
class Orders:
    """A chunk of orders in the order of placing; every array has one row an order."""

    number: Ints
    customer: Ints
    product: Ints
    quantity: Ints
    channel_draw: Floats
    province: Ints
    warehouse: Ints
    carrier: Ints
    placed: Floats
    paid: Floats
    cancelled: Floats
    promised_day: Ints
    promised_day_without: Ints
    """As it would have been promised without the planted problem; counted from 1970."""
    picked: Floats
    packed: Floats
    handed_over: Floats
    handed_over_without: Floats
    arrived: Floats
    out: Floats
    out_again: Floats
    """The second attempt's start, where the first failed."""
    noticed: Floats
    delivered: Floats
    damaged: Floats
    damaged_without: Flags


def make_world(rng: np.random.Generator, orders: int, strength: float = 1.0) -> World:
    """The company before its first order; the pool of customers grows with the number of orders expected."""
    demand = season.demand()
    products = make_products(rng)
    return World(
        demand=demand,
        load=season.load(demand),
        products=products,
        customers=make_customers(rng, max(200, int(orders * 0.45)), demand, products.popularity),
        warehouse_days=season.shared_days(rng, len(WAREHOUSES), 0.20),
        carrier_days=season.shared_days(rng, len(CARRIERS), 0.10),
        warehouse_choice=_warehouse_choice(),
        carrier_choice=np.cumsum(_carrier_shares(rng), axis=1),
        distance=_distance(),
        strength=strength,
    )


def make_orders(rng: np.random.Generator, world: World, days: Ints) -> Orders:
    """The orders placed on these days (one entry an order, counted from the first day, ascending)."""
    placed = _placed(rng, days)
    customer = draw_buyers(rng, world.customers, days)
    count = len(days)
    home = world.customers.province[customer]
    province = np.where(rng.random(count) < 0.03, rng.integers(0, len(PROVINCES), count), home)  # a gift
    warehouse = _choose(rng, world.warehouse_choice[province])
    carrier = _choose(rng, world.carrier_choice[province])
    product = np.where(
        rng.random(count) < 0.45,
        world.customers.favourite[customer],
        np.searchsorted(world.products.popularity, rng.random(count), side="right"),
    )
    strain = world.load[days]
    pace = world.warehouse_days[warehouse, days] * strain
    paid, cancelled = _paid_and_cancelled(rng, placed)
    picked = _into_shift(rng, paid + _around(rng, 2.6 * pace**1.3, 0.55))
    stopped = cancelled < picked
    picked = np.where(stopped, np.nan, picked)
    packed = picked + _around(rng, 0.7 * pace, 0.55)
    handed_without = packed + _around(rng, 4.0 * pace**0.8, 0.40)
    handed = _with_slow_handover(rng, world, packed, handed_without, warehouse)
    distance = world.distance[warehouse, province]
    haul = np.array(LINE_HAUL_HOURS)[distance] * np.array([c.pace for c in CARRIERS])[carrier]
    arrived = handed + _around(rng, haul * world.carrier_days[carrier, days] * strain**0.4, 0.20)
    out, out_again, delivered = _last_meter(rng, world, customer, carrier, arrived, strain)
    promised = _promised_day(placed, distance, strain)
    damaged, damaged_without = _damage(rng, world, product, carrier, handed)
    regret = rng.random(count) < 0.0008  # cancelled when the parcel is already under way: it arrives all the same
    return Orders(
        number=_numbers(days),
        customer=customer,
        product=product,
        quantity=1 + (rng.random(count) < 0.18) + (rng.random(count) < 0.05),
        channel_draw=rng.random(count),
        province=province,
        warehouse=warehouse,
        carrier=carrier,
        placed=placed,
        paid=paid,
        cancelled=np.where(regret, np.floor(arrived), cancelled),
        promised_day=_with_short_promise(rng, world, promised, placed, province),
        promised_day_without=promised,
        picked=np.floor(picked),
        packed=np.floor(packed),
        handed_over=np.floor(handed),
        handed_over_without=np.floor(handed_without),
        arrived=np.floor(arrived),
        out=np.floor(out),
        out_again=np.floor(out_again),
        noticed=_noticed(rng, carrier, out),
        delivered=np.floor(delivered),
        damaged=np.where(damaged, np.floor(delivered + rng.uniform(2, 40, count) * MINUTE), np.nan),
        damaged_without=damaged_without,
    )


def _placed(rng: np.random.Generator, days: Ints) -> Floats:
    clock = season.time_of_day(rng, season.is_rush(days))
    return np.sort(START + days * DAY_SECONDS + clock).astype(np.float64)


def _numbers(days: Ints) -> Ints:
    """Order numbers as shops make them: the day, then a running number within it: 20241111000042."""
    first_of_day = np.searchsorted(days, days, side="left")
    dates = np.datetime64(FIRST_DAY) + days
    years, months = dates.astype("datetime64[Y]"), dates.astype("datetime64[M]")
    year = years.astype(np.int64) + 1970
    month = (months - years).astype(np.int64) + 1
    day = (dates - months).astype(np.int64) + 1
    stamp = (year * 100 + month) * 100 + day
    return np.asarray(stamp * 1_000_000 + (np.arange(len(days)) - first_of_day) + 1)


def _choose(rng: np.random.Generator, running_shares: Floats) -> Ints:
    return np.asarray((rng.random(len(running_shares))[:, None] >= running_shares[:, :-1]).sum(axis=1), dtype=np.int64)


def _around(rng: np.random.Generator, usual_hours: Floats, spread: float) -> Floats:
    """Lognormal seconds around a usual number of hours."""
    return np.asarray(usual_hours * HOUR * np.exp(spread * rng.standard_normal(len(usual_hours))))


def _paid_and_cancelled(rng: np.random.Generator, placed: Floats) -> tuple[Floats, Floats]:
    count = len(placed)
    draw = rng.random(count)
    unpaid, regretted = draw < 0.03, (draw >= 0.03) & (draw < 0.05)
    paid = np.where(unpaid, np.nan, placed + _around(rng, np.full(count, 75 / 3600), 1.2).clip(4, 20 * HOUR))
    cancelled = np.full(count, np.nan)
    cancelled = np.where(unpaid, placed + 24 * HOUR, cancelled)  # the shop cancels what is not paid in a day
    cancelled = np.where(regretted, paid + _around(rng, np.full(count, 0.6), 0.8), cancelled)
    return np.floor(paid), np.floor(cancelled)


def _into_shift(rng: np.random.Generator, ready: Floats) -> Floats:
    """Warehouses work from seven to eleven at night; what is ready outside is done in the morning's first hours."""
    clock = ready % DAY_SECONDS
    opening = 7 * HOUR + rng.uniform(0, 1.5 * HOUR, len(ready))
    midnight = ready - clock
    begun = np.where(clock < 7 * HOUR, midnight + opening, ready)
    return np.asarray(np.where(clock >= 23 * HOUR, midnight + DAY_SECONDS + opening, begun))


def _with_slow_handover(
    rng: np.random.Generator, world: World, packed: Floats, handed: Floats, warehouse: Ints
) -> Floats:
    """The planted slow link: three in ten parcels miss their truck and wait for another."""
    concerned = (warehouse == index_of(WAREHOUSES, SLOW_HANDOVER.value)) & _since(SLOW_HANDOVER, packed)
    missed = rng.random(len(packed)) < 0.30 * world.strength
    wait = _around(rng, np.full(len(packed), 9.0), 0.35)
    return np.where(concerned & missed, handed + wait, handed)


def _last_meter(
    rng: np.random.Generator, world: World, customer: Ints, carrier: Ints, arrived: Floats, strain: Floats
) -> tuple[Floats, Floats, Floats]:
    """Tour start, second tour's start and delivery: couriers tour twice a day and reach a door at its usual hour."""
    count = len(arrived)
    usual = world.customers.doorstep_hour[customer]
    tour = np.where(usual < 14.0, 8.0, 13.0) * HOUR + rng.uniform(0, 0.4 * HOUR, count)
    clock = arrived % DAY_SECONDS
    missed_tour = clock + 0.5 * HOUR > tour
    crowded = rng.random(count) < 0.012 * strain**2.5
    out = arrived - clock + tour + (missed_tour + crowded.astype(np.int64)) * DAY_SECONDS
    spread = np.array([c.tour_spread_hours for c in CARRIERS])[carrier]
    hour = usual + spread * rng.standard_normal(count) + 2.2 * (strain - 1).clip(0)
    door = np.maximum(hour.clip(8.4, 22.8) * HOUR, tour + 0.3 * HOUR + rng.uniform(0, 0.4 * HOUR, count))
    failed = rng.random(count) < 0.025
    out_again = np.where(failed, out + DAY_SECONDS, np.nan)
    delivered = out - out % DAY_SECONDS + door + failed * DAY_SECONDS
    return out, out_again, delivered


def _promised_day(placed: Floats, distance: Ints, strain: Floats) -> Ints:
    """The day the shop names; in a rush it names a later one."""
    late_in_day = placed % DAY_SECONDS >= np.array(LATEST_HOURS)[distance] * HOUR
    rush = (strain > 1.5).astype(np.int64) + (strain > 2.5)
    today = (placed // DAY_SECONDS).astype(np.int64)
    return np.asarray(today + np.array(PROMISED_DAYS)[distance] + late_in_day + rush)


def _with_short_promise(
    rng: np.random.Generator, world: World, promised: Ints, placed: Floats, province: Ints
) -> Ints:
    """The planted promise: half of the province's orders are promised a day sooner than can be kept."""
    concerned = (province == index_of(PROVINCES, SHORT_PROMISE.value)) & _since(SHORT_PROMISE, placed)
    return np.asarray(promised - (concerned & (rng.random(len(placed)) < 0.5 * world.strength)))


def _noticed(rng: np.random.Generator, carrier: Ints, out: Floats) -> Floats:
    count = len(carrier)
    sent = rng.random(count) < np.array([c.notice_share for c in CARRIERS])[carrier]
    return np.where(sent, np.floor(out + rng.uniform(1, 15, count) * MINUTE), np.nan)


def _damage(
    rng: np.random.Generator, world: World, product: Ints, carrier: Ints, handed: Floats
) -> tuple[Flags, Flags]:
    """Which parcels arrive broken, and which would have without the planted carrier."""
    fragile = world.products.fragile[product]
    draw = rng.random(len(product))
    usual = draw < 0.0045 * fragile
    rough = (carrier == index_of(CARRIERS, BREAKING_PARCELS.value)) & _since(BREAKING_PARCELS, handed)
    return np.where(rough, draw < 0.0045 * fragile + 0.030 * world.strength * fragile**0.5, usual), usual


def _since(problem: Problem, times: Floats) -> Flags:
    return np.asarray(times >= problem.since_seconds)


def _warehouse_choice() -> Floats:
    """Nine in ten orders leave from the customer's own region, the others where there is stock."""
    shares = np.array([[0.9 * (w.region == p.region) + 0.1 * w.share for w in WAREHOUSES] for p in PROVINCES])
    return np.asarray(np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1))


def _carrier_shares(rng: np.random.Generator) -> Floats:
    shares = np.array([c.share for c in CARRIERS]) * rng.lognormal(0, 0.3, (len(PROVINCES), len(CARRIERS)))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _distance() -> Ints:
    """0 the same region and near, 3 far away."""
    return np.array([
        [p.reach if w.region == p.region else 3 if p.reach >= 2 else 2 for p in PROVINCES] for w in WAREHOUSES
    ])
