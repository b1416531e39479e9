"""What the OpenAPI document promises, tried with generated requests: no server errors, answers as said."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]


@pytest.mark.django_db(transaction=True)
def test_reading_keeps_the_contract(index, shop, live_server, monkeypatch):
    index(shop)
    monkeypatch.setattr("searchapp.api.throttles.CallerThrottle.allow_request", lambda *_: True)
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/schema/?format=json")
    operations = [each.ok() for each in schema.get_all_operations()]
    reading = [operation for operation in operations if operation.method.upper() == "GET"]
    assert len(reading) >= 7
    for operation in reading:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def check(case):
            case.validate_response(case.call(), checks=CHECKS)

        check()
