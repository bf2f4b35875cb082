"""Writing down what was done; showing, handing out and erasing what the vault holds. One function a business act."""

from lastmeter.server.audit.actions import revealing
from lastmeter.server.audit.actions.customers import erase_customer, export_customer
from lastmeter.server.audit.actions.recording import record
from lastmeter.server.audit.actions.revealing import reveal

__all__ = ["erase_customer", "export_customer", "record", "reveal", "revealing"]
