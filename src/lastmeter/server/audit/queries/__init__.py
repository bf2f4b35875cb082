"""What the audit tells, and what stands behind tokens, masked."""

from lastmeter.server.audit.queries.rows import Asked, page, who_saw
from lastmeter.server.audit.queries.tokens import in_reach, masked, personal_of

__all__ = ["Asked", "in_reach", "masked", "page", "personal_of", "who_saw"]
