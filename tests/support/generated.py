"""Tries every operation of an OpenAPI document with generated requests, good or bad."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import httpx2
import hypothesis
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

CHECKS = (not_a_server_error, status_code_conformance, response_schema_conformance)


def try_all(
    schema: Any,
    mode: schemathesis.GenerationMode,
    send: Callable[[Any], httpx2.Response],
    *,
    max_examples: int,
    checks: Sequence[Any] = CHECKS,
) -> int:
    """Send what is generated for each operation, hold every answer against the document, return how many were sent."""
    tried = 0

    def attempt(case: Any) -> None:
        nonlocal tried
        tried += 1
        case.validate_response(send(case), checks=list(checks))

    generate(schema, mode, attempt, max_examples=max_examples)
    return tried


def generate(
    schema: Any,
    mode: schemathesis.GenerationMode,
    attempt: Callable[[Any], None],
    *,
    max_examples: int,
    seed: int | None = None,
    over: Callable[[], bool] = lambda: False,
) -> None:
    """Generate requests for each operation, until it is `over`, and attempt each.

    Without `seed` they are the same every time; with one, operations come in another order too.
    """
    limits = settings(
        max_examples=max_examples,
        database=None,
        derandomize=seed is None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    operations = [result.ok() for result in schema.get_all_operations()]
    if seed is not None:
        Random(seed).shuffle(operations)
    for operation in operations:
        if over():
            return
        # Of what is sent wrongly in a query only its own fields are refused: unknown ones are let be.
        if mode.is_negative and not operation.body:
            continue
        test = limits(given(case=operation.as_strategy(generation_mode=mode))(attempt))
        (test if seed is None else hypothesis.seed(seed)(test))()
