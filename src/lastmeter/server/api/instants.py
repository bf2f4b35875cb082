"""How an instant is written: naive UTC inside, with its Z outside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import PlainSerializer, WithJsonSchema

Instant = Annotated[
    datetime, PlainSerializer(lambda moment: f"{moment.isoformat()}Z", return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
