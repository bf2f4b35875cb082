"""Who and what the simulated company consists of. All names of firms, brands and people are invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lastmeter.kernel.titles import Title

COMPANY = Title("远山优选", "Farhill Select")
ZONE = "Asia/Shanghai"
FIRST_DAY = date(2024, 11, 1)
LAST_DAY = date(2026, 10, 31)


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Where orders are picked, packed and handed to a carrier; `region` as in `Province`."""

    code: str
    title: Title
    region: str
    share: float


@dataclass(frozen=True, slots=True)
class Province:
    """Where customers live; `reach` is the line haul's distance class from its own region's warehouse, 0 to 3."""

    code: str
    title: Title
    region: str
    share: float
    reach: int
    cities: tuple[Title, ...]


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who brings the parcel: the pace of the line haul (1 is usual), spread of the daily tour in hours, notice rate."""

    code: str
    title: Title
    share: float
    pace: float
    tour_spread_hours: float
    notice_share: float


@dataclass(frozen=True, slots=True)
class Brand:
    """A store of the company."""

    code: str
    title: Title


@dataclass(frozen=True, slots=True)
class Channel:
    """Through which orders come in."""

    code: str
    title: Title
    share: float


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of goods: usual price in yuan, how fragile (1 is usual), what a customer calls the thing."""

    code: str
    title: Title
    thing: Title
    price: float
    fragile: float
    share: float


WAREHOUSES = (
    Warehouse("jiaxing", Title("嘉兴仓", "Jiaxing warehouse"), "east", 0.32),
    Warehouse("dongguan", Title("东莞仓", "Dongguan warehouse"), "south", 0.25),
    Warehouse("langfang", Title("廊坊仓", "Langfang warehouse"), "north", 0.18),
    Warehouse("wuhan", Title("武汉仓", "Wuhan warehouse"), "central", 0.14),
    Warehouse("chengdu", Title("成都仓", "Chengdu warehouse"), "west", 0.11),
)


def _cities(*pairs: tuple[str, str]) -> tuple[Title, ...]:
    return tuple(Title(zh, en) for zh, en in pairs)


PROVINCES = (
    Province("shanghai", Title("上海", "Shanghai"), "east", 9, 0, _cities(("上海", "Shanghai"))),
    Province("jiangsu", Title("江苏", "Jiangsu"), "east", 10, 0,
             _cities(("南京", "Nanjing"), ("苏州", "Suzhou"), ("徐州", "Xuzhou"))),
    Province("zhejiang", Title("浙江", "Zhejiang"), "east", 10, 0,
             _cities(("杭州", "Hangzhou"), ("宁波", "Ningbo"), ("温州", "Wenzhou"))),
    Province("anhui", Title("安徽", "Anhui"), "east", 4, 1, _cities(("合肥", "Hefei"), ("芜湖", "Wuhu"))),
    Province("fujian", Title("福建", "Fujian"), "south", 5, 1, _cities(("福州", "Fuzhou"), ("厦门", "Xiamen"))),
    Province("guangdong", Title("广东", "Guangdong"), "south", 14, 0,
             _cities(("广州", "Guangzhou"), ("深圳", "Shenzhen"), ("佛山", "Foshan"))),
    Province("guangxi", Title("广西", "Guangxi"), "south", 3, 1, _cities(("南宁", "Nanning"), ("桂林", "Guilin"))),
    Province("hainan", Title("海南", "Hainan"), "south", 1, 2, _cities(("海口", "Haikou"), ("三亚", "Sanya"))),
    Province("beijing", Title("北京", "Beijing"), "north", 8, 0, _cities(("北京", "Beijing"))),
    Province("hebei", Title("河北", "Hebei"), "north", 4, 0, _cities(("石家庄", "Shijiazhuang"), ("唐山", "Tangshan"))),
    Province("shandong", Title("山东", "Shandong"), "north", 6, 1, _cities(("济南", "Jinan"), ("青岛", "Qingdao"))),
    Province("liaoning", Title("辽宁", "Liaoning"), "north", 3, 2, _cities(("沈阳", "Shenyang"), ("大连", "Dalian"))),
    Province("heilongjiang", Title("黑龙江", "Heilongjiang"), "north", 1.5, 3, _cities(("哈尔滨", "Harbin"))),
    Province("shaanxi", Title("陕西", "Shaanxi"), "central", 4.5, 1, _cities(("西安", "Xi'an"), ("宝鸡", "Baoji"))),
    Province("henan", Title("河南", "Henan"), "central", 5, 1, _cities(("郑州", "Zhengzhou"), ("洛阳", "Luoyang"))),
    Province("hubei", Title("湖北", "Hubei"), "central", 5, 0, _cities(("武汉", "Wuhan"), ("宜昌", "Yichang"))),
    Province("hunan", Title("湖南", "Hunan"), "central", 4.5, 1, _cities(("长沙", "Changsha"), ("衡阳", "Hengyang"))),
    Province("sichuan", Title("四川", "Sichuan"), "west", 6, 0, _cities(("成都", "Chengdu"), ("绵阳", "Mianyang"))),
    Province("chongqing", Title("重庆", "Chongqing"), "west", 3, 0, _cities(("重庆", "Chongqing"))),
    Province("yunnan", Title("云南", "Yunnan"), "west", 2.5, 2, _cities(("昆明", "Kunming"), ("大理", "Dali"))),
    Province("gansu", Title("甘肃", "Gansu"), "west", 1.2, 2, _cities(("兰州", "Lanzhou"))),
    Province("xinjiang", Title("新疆", "Xinjiang"), "west", 1, 3, _cities(("乌鲁木齐", "Urumqi"))),
)

CARRIERS = (
    Carrier("farsail", Title("远帆速运", "Farsail Express"), 0.34, 0.85, 0.7, 0.985),
    Carrier("swallow", Title("青燕快递", "Swallow Parcels"), 0.29, 1.0, 0.9, 0.97),
    Carrier("camelbell", Title("驼铃物流", "Camelbell Logistics"), 0.22, 1.12, 1.1, 0.96),
    Carrier("lark", Title("云雀配送", "Lark Delivery"), 0.15, 1.05, 1.7, 0.93),
)

BRANDS = (
    Brand("hearth", Title("灶台边", "Hearthside")),
    Brand("linen", Title("素布", "Plain Linen")),
    Brand("orchard", Title("山前果园", "Foothill Orchard")),
    Brand("sprout", Title("芽芽", "Little Sprout")),
    Brand("volt", Title("小伏", "Smallvolt")),
)

CATEGORIES = (
    Category("tableware", Title("餐具", "Tableware"), Title("碗碟", "bowl set"), 129, 3.0, 0.12),
    Category("glassware", Title("玻璃器皿", "Glassware"), Title("玻璃杯", "set of glasses"), 89, 3.5, 0.06),
    Category("cookware", Title("锅具", "Cookware"), Title("炒锅", "wok"), 239, 0.8, 0.09),
    Category("bedding", Title("床品", "Bedding"), Title("四件套", "bedding set"), 329, 0.1, 0.10),
    Category("clothing", Title("服装", "Clothing"), Title("衬衫", "shirt"), 159, 0.1, 0.16),
    Category("fruit", Title("鲜果", "Fresh fruit"), Title("苹果", "box of apples"), 69, 1.8, 0.12),
    Category("tea", Title("茶叶", "Tea"), Title("茶叶", "tea"), 149, 0.5, 0.08),
    Category("baby", Title("母婴用品", "Baby goods"), Title("纸尿裤", "pack of nappies"), 139, 0.2, 0.11),
    Category("toys", Title("玩具", "Toys"), Title("积木", "building blocks"), 99, 0.8, 0.06),
    Category("appliances", Title("小家电", "Small appliances"), Title("电水壶", "kettle"), 269, 1.5, 0.10),
)

BRAND_OF_CATEGORY = {
    "tableware": "hearth", "glassware": "hearth", "cookware": "hearth", "bedding": "linen", "clothing": "linen",
    "fruit": "orchard", "tea": "orchard", "baby": "sprout", "toys": "sprout", "appliances": "volt",
}

CHANNELS = (
    Channel("app", Title("应用", "App"), 0.46),
    Channel("mini_program", Title("小程序", "Mini program"), 0.29),
    Channel("live", Title("直播间", "Live stream"), 0.15),
    Channel("web", Title("网站", "Website"), 0.10),
)

NAMES: dict[str, dict[str, Title]] = {
    "place": {province.code: province.title for province in PROVINCES},
    "origin": {warehouse.code: warehouse.title for warehouse in WAREHOUSES},
    "performer": {f"carrier:{carrier.code}": carrier.title for carrier in CARRIERS},
    "brand": {brand.code: brand.title for brand in BRANDS},
    "product": {category.code: category.title for category in CATEGORIES},
    "channel": {channel.code: channel.title for channel in CHANNELS},
}
"""What the codes of the exports are called, by dimension of a journey."""


def index_of(cast: Sequence[Warehouse] | Sequence[Province] | Sequence[Carrier], code: str) -> int:
    """Where a member stands, by its code."""
    return [member.code for member in cast].index(code)
