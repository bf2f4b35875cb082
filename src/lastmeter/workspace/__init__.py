"""One company's folder, opened: the face of the library.

import lastmeter
ws = lastmeter.open("acme")
ws.journeys("order").to_polars()
"""

from lastmeter.workspace.company import Workspace
from lastmeter.workspace.config import Config, load_config
from lastmeter.workspace.table import Table

__all__ = ["Config", "Table", "Workspace", "load_config"]
