"""The client's models, fields and errors are those of the gateway, which it never imports."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from gateway import health, schemas
from gateway.error_status import BY_CODE
from gateway.routes import jobs, service
from ocr_client import ReadFields, models
from ocr_client.errors import BY_TYPE


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (models.Result, schemas.OcrAnswer),
        (models.Page, schemas.PageAnswer),
        (models.Block, schemas.Block),
        (models.Usage, schemas.Usage),
        (models.Saved, schemas.Saved),
        (models.S3Saved, schemas.S3Saved),
        (models.Warn, schemas.WarningAnswer),
        (models.PageError, schemas.PageErrorAnswer),
        (models.Health, health.Health),
        (models.Check, health.Check),
        (models.Progress, jobs.JobProgress),
        (models.JobError, jobs.JobError),
    ],
)
def test_models_have_the_same_fields(mine: type[BaseModel], theirs: type[BaseModel]) -> None:
    assert list(mine.model_fields) == list(theirs.model_fields)


def test_what_is_left_out_on_purpose_is_nothing_else() -> None:
    assert set(jobs.JobAnswer.model_fields) - set(models.Job.model_fields) == {"links"}
    assert set(service.About.model_fields) - set(models.About.model_fields) == {"endpoints", "links"}


def test_every_field_of_a_request_can_be_given() -> None:
    assert set(ReadFields.__annotations__) == set(schemas.OcrFields.model_fields)


def test_every_type_of_error_has_its_class() -> None:
    assert {error.kind for error in BY_CODE.values()} - {"server_error", "client_closed_request"} == set(BY_TYPE)
