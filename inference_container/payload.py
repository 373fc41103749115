"""Bytes to a request and music to bytes, by content type.

One table reads, one writes; a type that is not in them is refused by name. The formats are
`contract.inference`'s.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from pydantic import ValidationError

from contract.inference import JSON, MIDI, AnswerTrack, InferenceAnswer, InferenceRequest
from contract.melody import MAX_NOTES, MAX_STEPS, MelodyBody, MelodyNote
from inference_container.errors import InvalidRequest, NotAcceptable, UnsupportedMediaType
from music.midi import read_midi, to_melody, write_midi
from music.score import InvalidMusic, Melody, Note, Score, Track

# Body and custom attributes in, request out.
Decoder = Callable[[bytes, str], InferenceRequest]
# Music and seed in, body out.
Encoder = Callable[[Score, int], bytes]

_MAX_PROBLEMS = 5
_MAX_NAME = 80  # a field's name may be the caller's own invention


def decode_json(body: bytes, _: str) -> InferenceRequest:
    """A request in JSON. Raises `InvalidRequest` naming the fields that are wrong, never their values."""
    try:
        return InferenceRequest.model_validate_json(body)
    except ValidationError as error:
        raise InvalidRequest(_describe(error)) from error


def decode_midi(body: bytes, attributes: str) -> InferenceRequest:
    """A MIDI file, and the rest of the request from the attributes `model=s3://…;seed=1;creativity=0.5`."""
    fields: dict[str, object] = {"midi": base64.b64encode(body)}
    for attribute in filter(str.strip, attributes.split(";")):
        name, _, value = (part.strip() for part in attribute.partition("="))
        if name in fields or name == "melody":
            raise InvalidRequest(f"the custom attributes may not give {name[:_MAX_NAME]} (again)")
        fields[name] = value
    try:
        return InferenceRequest.model_validate(fields)
    except ValidationError as error:
        raise InvalidRequest(_describe(error)) from error


def encode_json(score: Score, seed: int) -> bytes:
    """The answer with notes, and the MIDI file within."""
    answer = InferenceAnswer(
        seed=seed,
        steps=score.n_steps,
        tempo_bpm=score.tempo_bpm,
        tracks=[_to_answer_track(track, index == 0) for index, track in enumerate(score.tracks)],
        midi=base64.b64encode(write_midi(score)),
    )
    return answer.to_json().encode()


def encode_midi(score: Score, _: int) -> bytes:
    return write_midi(score)


DECODERS: Mapping[str, Decoder] = {JSON: decode_json, MIDI: decode_midi}
ENCODERS: Mapping[str, Encoder] = {JSON: encode_json, MIDI: encode_midi}


def decoder_for(content_type: str) -> Decoder:
    """The reader of a `Content-Type`; its parameters do not matter."""
    media_type = _media_type(content_type)
    if media_type not in DECODERS:
        raise UnsupportedMediaType(f"the body is {media_type or 'of no type'}; send {' or '.join(DECODERS)}")
    return DECODERS[media_type]


def choose_answer_type(accept: str) -> str:
    """The type to answer with: of those accepted the most wanted, JSON where it does not matter."""
    wanted = sorted(filter(str.strip, accept.split(",")), key=_quality, reverse=True)
    for entry in [entry for entry in wanted if _quality(entry) > 0] or (["*/*"] if not wanted else []):
        for media_type in ENCODERS:
            if _media_type(entry) in (media_type, f"{media_type.split('/')[0]}/*", "*/*"):
                return media_type
    raise NotAcceptable(f"the answer can be {' or '.join(ENCODERS)}")


def melody_of(request: InferenceRequest) -> Melody:
    """The request's melody at its tempo. Raises `InvalidRequest` when it cannot be accompanied."""
    try:
        melody = _from_body(request.melody) if request.melody else to_melody(read_midi(request.midi or b""))
        if request.tempo_bpm is not None:
            melody = Melody(melody.notes, request.tempo_bpm, melody.beats_per_bar, melody.name)
    except InvalidMusic as error:
        raise InvalidRequest(str(error)) from error
    if melody.n_steps > MAX_STEPS or len(melody.notes) > MAX_NOTES:
        raise InvalidRequest(f"a melody has at most {MAX_NOTES} notes and ends by step {MAX_STEPS}")
    return melody


def _from_body(body: MelodyBody) -> Melody:
    notes = sorted(
        Note(note.onset_steps, note.pitch, note.duration_steps, note.velocity) for note in body.notes
    )
    return Melody(tuple(notes), body.tempo_bpm, body.beats_per_bar)


def _to_answer_track(track: Track, is_melody: bool) -> AnswerTrack:
    notes = [
        MelodyNote(
            pitch=note.pitch,
            onset_steps=note.onset,
            duration_steps=note.duration,
            velocity=note.velocity,
        )
        for note in track.notes
    ]
    return AnswerTrack(name=track.name, program=track.program, is_melody=is_melody, notes=notes)


def _describe(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{_place(problem['loc'])}: {problem['msg']}" for problem in problems[:_MAX_PROBLEMS]]
    more = f" (and {len(problems) - _MAX_PROBLEMS} more)" if len(problems) > _MAX_PROBLEMS else ""
    return "; ".join(told) + more


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part)[:_MAX_NAME] for part in location) or "body"


def _media_type(entry: str) -> str:
    return entry.partition(";")[0].strip().lower()


def _quality(entry: str) -> float:
    for parameter in entry.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
