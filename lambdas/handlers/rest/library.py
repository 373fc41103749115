"""What people choose from: models, techniques, datasets, sample melodies."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Response

from contract import dataset as wire_dataset
from contract import melody as wire_melody
from contract import model as wire_model
from contract.hyperparameters import describe_techniques
from lambdas.domain.browsing import list_models
from lambdas.domain.composing import find_model
from lambdas.domain.rows import SHARED_OWNER, PageRequest
from lambdas.handlers.rest.requests import (
    DEFAULT_PAGE_SIZE,
    PageSize,
    PageToken,
    decode_page_token,
    encode_page_token,
)
from lambdas.handlers.rest.resource import Resource, answer
from lambdas.handlers.rest.views import to_dataset, to_model, to_sample_melody

MODELS, DATASETS, MELODIES = "models", "datasets", "melodies"


class LibraryRoutes(Resource):
    """`/models`, `/techniques`, `/datasets`, `/melodies`."""

    def list_models(
        self, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = None
    ) -> Response[str]:
        after = decode_page_token(page_token, MODELS, {})
        page = list_models(self.services.models, self.owner, PageRequest(page_size, after))
        body = wire_model.ModelList(
            items=[to_model(model) for model in page.items],
            next_page_token=encode_page_token(MODELS, {}, page.next_after),
        )
        return answer(body)

    def show_model(self, model_id: str) -> Response[str]:
        return answer(to_model(find_model(self.services.models, self.owner, model_id)))

    def list_techniques(self) -> Response[str]:
        return answer(describe_techniques())

    def list_datasets(
        self, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = None
    ) -> Response[str]:
        after = decode_page_token(page_token, DATASETS, {})
        page = self.services.datasets.list(SHARED_OWNER, PageRequest(page_size, after, newest_first=False))
        body = wire_dataset.DatasetList(
            items=[to_dataset(dataset) for dataset in page.items],
            next_page_token=encode_page_token(DATASETS, {}, page.next_after),
        )
        return answer(body)

    def list_melodies(
        self, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = None
    ) -> Response[str]:
        after = decode_page_token(page_token, MELODIES, {})
        page = self.services.melodies.list(SHARED_OWNER, PageRequest(page_size, after, newest_first=False))
        body = wire_melody.MelodyList(
            items=[to_sample_melody(sample) for sample in page.items],
            next_page_token=encode_page_token(MELODIES, {}, page.next_after),
        )
        return answer(body)
