"""What the company sells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lastmeter.demo.cast import BRAND_OF_CATEGORY, BRANDS, CATEGORIES
from lastmeter.demo.season import Floats, Ints

PRODUCT_COUNT = 480

_STYLES = (("经典", "Classic"), ("轻享", "Light"), ("家庭装", "Family"), ("礼盒", "Gift box"), ("山居", "Hillside"),
           ("晨光", "Morning"), ("双人", "For two"), ("旅行", "Travel"))


@dataclass(frozen=True)
class Products:
    """One row a product in every array."""

    category: Ints
    brand: Ints
    price_minor: Ints
    quality: Floats
    """Stars more or less that the thing itself earns."""
    fragile: Floats
    popularity: Floats
    """Running share of what is bought, ending at 1."""


def make_products(rng: np.random.Generator) -> Products:
    """The range, drawn once."""
    shares = np.array([category.share for category in CATEGORIES])
    category = rng.choice(len(CATEGORIES), PRODUCT_COUNT, p=shares / shares.sum())
    category[: len(CATEGORIES)] = np.arange(len(CATEGORIES))  # every category sells something
    usual = np.array([c.price for c in CATEGORIES])[category]
    yuan = np.maximum(9, np.round(usual * rng.lognormal(0, 0.45, PRODUCT_COUNT))).astype(np.int64)
    demand = rng.pareto(1.6, PRODUCT_COUNT) + 0.3
    brands = [brand.code for brand in BRANDS]
    brand_of_category = np.array([brands.index(BRAND_OF_CATEGORY[c.code]) for c in CATEGORIES])
    popularity = np.cumsum(demand / demand.sum())
    popularity[-1] = 1.0
    return Products(
        category=category.astype(np.int64),
        brand=brand_of_category[category],
        price_minor=yuan * 100 + rng.choice(np.array([0, 50, 90]), PRODUCT_COUNT),
        quality=rng.normal(0, 0.3, PRODUCT_COUNT),
        fragile=np.array([c.fragile for c in CATEGORIES])[category],
        popularity=popularity,
    )


def product_codes(index: Ints) -> pa.Array:
    """`P0017` for product 17."""
    return pa.array([f"P{number:04d}" for number in range(PRODUCT_COUNT)]).take(pa.array(index))


def product_rows(rng: np.random.Generator, products: Products) -> dict[str, pa.Array]:
    """The rows of products.csv."""
    style = rng.integers(0, len(_STYLES), PRODUCT_COUNT)
    things = [CATEGORIES[number] for number in products.category]
    return {
        "product_id": product_codes(np.arange(PRODUCT_COUNT)),
        "name_zh": pa.array([f"{_STYLES[s][0]}{c.thing.zh}" for s, c in zip(style, things, strict=True)]),
        "name_en": pa.array([f"{_STYLES[s][1]} {c.thing.en}" for s, c in zip(style, things, strict=True)]),
        "category": pa.array([c.code for c in things]),
        "brand": pa.array([BRANDS[number].code for number in products.brand]),
        "price": money_text(products.price_minor),
    }


def money_text(minor: Ints) -> pa.Array:
    """Integer minor units as text with two decimals."""
    return pa.array([f"{amount // 100}.{amount % 100:02d}" for amount in minor.tolist()])
