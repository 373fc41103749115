"""What `--melody` takes: a sample melody's id, a JSON file of notes, or a MIDI file."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from pydantic import ValidationError

from cli.errors import CliError
from contract.composition import MAX_MIDI_BYTES
from contract.melody import MelodyBody

MIDI_SUFFIXES = (".mid", ".midi")


def melody_fields(argument: str) -> dict[str, object]:
    """The one field of a `CompositionRequest` that carries the melody. Raises `CliError` on a bad file."""
    path = Path(argument)
    suffix = path.suffix.lower()
    if suffix not in (".json", *MIDI_SUFFIXES):
        return {"melody_id": argument}
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CliError(f"The melody {argument} cannot be read: {error.strerror}") from error
    if suffix == ".json":
        return {"melody": _read_notes(argument, data)}
    if not data.startswith(b"MThd") or len(data) > MAX_MIDI_BYTES:
        raise CliError(f"{argument} is no standard MIDI file of at most {MAX_MIDI_BYTES // 1024} KiB.")
    return {"midi": base64.b64encode(data)}


def _read_notes(name: str, data: bytes) -> MelodyBody:
    """A melody as JSON, bare or as `continuo melodies --json` shows it."""
    try:
        document = json.loads(data)
        if isinstance(document, dict) and "melody" in document:
            document = document["melody"]
        return MelodyBody.model_validate(document)
    except ValidationError as error:
        wrong = [f"/{'/'.join(map(str, each['loc']))}  {each['msg']}" for each in error.errors()]
        raise CliError(f"{name} is no melody", lines=wrong[:10]) from error
    except ValueError as error:
        raise CliError(f"{name} is no JSON: {error}") from error
