"""What the columns of public data sets mean, written from their descriptions alone: the truth of `show_map`.

An answer is a role (`status`), or a role with its kind (`id:order`) or precision (`time:day`); `|` parts answers that are all
right, `key` stands for any role of a column that belongs to the table's key. Names of tables are those of their files.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataSet:
    """Files of a folder, looked at together: zone and currency that their owner would state, truth of columns and joins."""

    folder: str
    files: tuple[str, ...]
    zone: str
    currency: str | None
    columns: dict[str, dict[str, str]]
    joins: frozenset[tuple[str, str, str, str]]


def _columns(text: str) -> dict[str, str]:
    return dict(part.split("=") for part in text.split())


_ITEMS = ("order_id=id:order order_item_id=key product_id=id:product seller_id=id:seller|performer:seller "
          "shipping_limit_date=promise price=money freight_value=money")
_PAYMENTS = ("order_id=id:order payment_sequential=key payment_type=attribute payment_installments=attribute payment_value=money")

ORDERS_BY_DAY = DataSet(
    "olist", ("orders.parquet", "order_items.parquet", "order_payments.parquet", "order_reviews.parquet", "customers.parquet",
              "products.parquet", "sellers.parquet", "product_category_name_translation.parquet"),
    "America/Sao_Paulo", "BRL",
    {
        "orders": _columns(
            "order_id=id:order customer_id=id:customer order_status=status order_purchase_date=time:day order_approved_date=time:day "
            "order_delivered_carrier_date=time:day order_delivered_customer_date=time:day order_estimated_delivery_date=promise:day"),
        "order_items": _columns(_ITEMS.replace("promise", "promise:day")),
        "order_payments": _columns(_PAYMENTS),
        "order_reviews": _columns(
            "review_id=id:review order_id=id:order review_score=score review_comment_title=said review_comment_message=said "
            "review_creation_date=time:day review_answer_date=time:day"),
        "customers": _columns(
            "customer_id=id:customer customer_unique_id=id customer_zip_code=attribute|place customer_city=place customer_state=place"),
        "products": _columns(
            "product_id=id:product product_category_name=attribute|id product_name_length=attribute product_description_length=attribute "
            "product_photos_quantity=attribute product_weight_grams=attribute product_length_centimeter=attribute "
            "product_height_centimeter=attribute product_width_centimeter=attribute"),
        "sellers": _columns("seller_id=id:seller seller_zip_code=attribute|place seller_city=place seller_state=place"),
        "product_category_name_translation": _columns("product_category_name=key product_category_name_english=attribute"),
    },
    frozenset({
        ("order_items", "order_id", "orders", "order_id"), ("order_payments", "order_id", "orders", "order_id"),
        ("order_reviews", "order_id", "orders", "order_id"), ("orders", "customer_id", "customers", "customer_id"),
        ("order_items", "product_id", "products", "product_id"), ("order_items", "seller_id", "sellers", "seller_id"),
        ("products", "product_category_name", "product_category_name_translation", "product_category_name"),
    }),
)

ORDERS_BY_SECOND = DataSet(
    "olist_timestamped",
    ("orders.parquet", "order_items.parquet", "order_payments.parquet", "order_reviews.parquet", "zip_centroids.parquet"),
    "America/Sao_Paulo", "BRL",
    {
        "orders": _columns(
            "order_id=id:order customer_id=id:customer order_status=status order_purchase_timestamp=time:second "
            "order_approved_at=time:second order_delivered_carrier_date=time:second order_delivered_customer_date=time:second "
            "order_estimated_delivery_date=promise:day"),
        "order_items": _columns(_ITEMS),
        "order_payments": _columns(_PAYMENTS),
        "order_reviews": _columns(
            "review_id=id:review order_id=id:order review_score=score review_comment_title=said review_comment_message=said "
            "review_creation_date=time:day review_answer_timestamp=time:second"),
        "zip_centroids": _columns("geolocation_zip_code_prefix=key lat=attribute lng=attribute city=place state=place"),
    },
    frozenset({
        ("order_items", "order_id", "orders", "order_id"), ("order_payments", "order_id", "orders", "order_id"),
        ("order_reviews", "order_id", "orders", "order_id"),
    }),
)


def _alone(folder: str, file: str, zone: str, columns: dict[str, str], currency: str | None = None) -> DataSet:
    return DataSet(folder, (file,), zone, currency, {file.split(".")[0]: columns}, frozenset())


HELPDESK = _alone("eventlogs", "helpdesk.parquet", "Europe/Rome", _columns(
    "case:concept:name=id concept:name=status org:resource=performer time:timestamp=time:second seriousness=attribute "
    "customer=id:customer|attribute product=id:product|attribute responsible_section=attribute seriousness_2=attribute "
    "service_level=attribute service_type=attribute support_section=attribute workgroup=attribute"))
INCIDENTS = _alone("eventlogs", "07_bpic2013_incidents.parquet", "Europe/Stockholm", _columns(
    "case:concept:name=id concept:name=status lifecycle:transition=status|attribute time:timestamp=time:second "
    "org:group=performer|attribute org:role=attribute org:resource=performer impact=attribute product=id:product|attribute") | {
    "organization involved": "attribute|performer", "resource country": "place", "organization country": "place"})
EXAMPLE = _alone("eventlogs", "running-example.csv", "Europe/Berlin", _columns(
    "concept:name=status org:resource=performer|personal time:timestamp=time:second|time:minute Activity=status|attribute "
    "Resource=performer|personal|attribute Costs=money|attribute case:concept:name=id case:creator=attribute|personal|performer"), "EUR")
PARCELS = _alone("delivery_changshu", "history.parquet", "Asia/Shanghai", _columns(
    "user_id=id:customer receive_slot=attribute grid_x=attribute|place grid_y=attribute|place weight=attribute volume=attribute "
    "f6_undocumented=attribute f7_undocumented=attribute date=time:day slots_wait_after_arrival=attribute is_autonomous=attribute:boolean "
    "is_redelivered=attribute:boolean"))
BASKETS = _alone("baskets", "online_retail.parquet", "Europe/London", _columns(
    "Description=attribute|id:product Quantity=attribute InvoiceDate=time:minute UnitPrice=money CustomerID=id:customer "
    "Country=place"), "GBP")
LAST_MILE = _alone("lade_sample", "delivery_jl_sample.csv", "Asia/Shanghai", _columns(
    "order_id=id:order region_id=place|id|attribute city=place courier_id=performer:courier|id:courier lng=attribute lat=attribute "
    "aoi_id=place|id|attribute aoi_type=attribute accept_time=unreadable accept_gps_time=unreadable accept_gps_lng=attribute "
    "accept_gps_lat=attribute delivery_time=unreadable delivery_gps_time=unreadable delivery_gps_lng=attribute "
    "delivery_gps_lat=attribute ds=attribute:text"))
APP_REVIEWS = _alone("en_text", "food_delivery_app_reviews.parquet", "America/New_York", _columns(
    "id=id source=channel|attribute review=said rating=score date=time:second platform=channel|attribute"))

DATA_SETS = (ORDERS_BY_DAY, ORDERS_BY_SECOND, HELPDESK, INCIDENTS, EXAMPLE, PARCELS, BASKETS, LAST_MILE, APP_REVIEWS)
