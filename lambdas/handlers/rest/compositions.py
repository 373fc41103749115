"""Compositions: make one, now or from the queue; show it, fetch its MIDI."""

from __future__ import annotations

import secrets
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

from contract import composition as wire
from contract.inference import MIDI
from contract.table import Kind, make_id
from lambdas.adapters.melodies import decode_melody
from lambdas.domain.composing import choose_melody, choose_model, midi_of
from lambdas.domain.compositions import Composition
from lambdas.domain.library import Melody
from lambdas.domain.rows import PageRequest
from lambdas.handlers.rest.problems import RETRY_AFTER_SECONDS
from lambdas.handlers.rest.requests import (
    DEFAULT_PAGE_SIZE,
    PageSize,
    PageToken,
    decode_body,
    decode_page_token,
    encode_page_token,
)
from lambdas.handlers.rest.resource import Resource, answer
from lambdas.handlers.rest.views import composition_path, to_composition

LIST = "compositions"
N_SEEDS = 2**31


class CompositionRoutes(Resource):
    """`/compositions`."""

    def create(self) -> Response[str]:
        composition = self.services.maker.compose_now(self._decode_composition())
        headers = {"Location": composition_path(composition.composition_id)}
        if composition.has_ended:
            return answer(to_composition(composition), HTTPStatus.CREATED, headers)
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer(to_composition(composition), HTTPStatus.ACCEPTED, headers)

    def list(self, page_size: PageSize = DEFAULT_PAGE_SIZE, page_token: PageToken = None) -> Response[str]:
        after = decode_page_token(page_token, LIST, {})
        page = self.services.compositions.list(self.owner, PageRequest(page_size, after))
        body = wire.CompositionList(
            items=[to_composition(composition) for composition in page.items],
            next_page_token=encode_page_token(LIST, {}, page.next_after),
        )
        return answer(body)

    def show(self, composition_id: str) -> Response[str]:
        return answer(to_composition(self.services.compositions.get(self.owner, composition_id)))

    def midi(self, composition_id: str) -> Response[bytes]:
        composition = self.services.compositions.get(self.owner, composition_id)
        body = midi_of(composition, self.services.midi_files)
        return Response(HTTPStatus.OK, MIDI, body, headers={"ETag": f'"{composition.midi_sha256}"'})

    def _decode_composition(self) -> Composition:
        request = decode_body(self.app.current_event, wire.CompositionRequest)
        model = choose_model(self.services.models, self.owner, request.model_id)
        now = self.services.clock()
        return Composition(
            owner=self.owner,
            created_at=now,
            updated_at=now,
            composition_id=make_id(Kind.COMPOSITION),
            name=request.name,
            model_id=model.model_id,
            model_uri=model.model_uri,
            melody=self._melody(request),
            midi=request.midi,
            seed=secrets.randbelow(N_SEEDS) if request.seed is None else request.seed,
            creativity=request.creativity,
            tempo_bpm=request.tempo_bpm,
        )

    def _melody(self, request: wire.CompositionRequest) -> Melody | None:
        if request.melody_id is not None:
            return choose_melody(self.services.melodies, request.melody_id).melody
        return None if request.melody is None else decode_melody(request.melody)
