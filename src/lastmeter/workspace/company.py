"""A workspace: what a company can do with its last meter, each act one method."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow as pa

from lastmeter.charts import tables as chart_tables
from lastmeter.connectors.importing import ImportReport, import_files
from lastmeter.connectors.mapping import Mapping, load_mapping
from lastmeter.diagnosis.brief import Brief, make_brief
from lastmeter.diagnosis.pareto import pareto
from lastmeter.indicators import measure, registry
from lastmeter.indicators.company_toml import load_indicators
from lastmeter.journal import Journal, Snapshot
from lastmeter.journal import erasure as journal_erasure
from lastmeter.journeys.blueprint import Blueprint, check, load_blueprints
from lastmeter.journeys.build import BuildReport, build
from lastmeter.journeys.engine import open_facts
from lastmeter.journeys.facts import Facts
from lastmeter.journeys.verify import VerifyReport, verify
from lastmeter.kernel.errors import LastMeterError
from lastmeter.kernel.periods import Period, parse_period
from lastmeter.kernel.titles import Title
from lastmeter.workspace.config import FILE_NAME, Config, load_config
from lastmeter.workspace.table import Table
