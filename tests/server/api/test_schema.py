"""Whatever is sent to the API, its answer is one that its description knows: never a 500, never an undocumented one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from lastmeter.server.api.routes import api
from lastmeter.server.intake.actions import give_token
from lastmeter.server.people.models import Person
from lastmeter.server.wsgi import application

OPERATIONS = sorted((path, method) for path, item in api.get_openapi_schema()["paths"].items() for method in item)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_answer_is_undocumented(company: Path, path: str, method: str) -> None:
    _, key = give_token(Person.objects.get(username="owner"), "fuzz", scopes=("read", "act"), per_second=0)
    headers = {"Authorization": f"Bearer {key}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application, headers=headers)
    operation = schema[path][method.upper()]

    @given(case=operation.as_strategy())
    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    def answers_are_documented(case: Case[Any]) -> None:
        # That a text is a period or a kind that there is, no description can say: a documented 400 is a right answer.
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    answers_are_documented()
