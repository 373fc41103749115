"""`compose`, and what there is to choose from: `models`, `datasets`, `melodies`, `techniques`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError, JobFailedError
from cli.follow import compose as compose_with
from cli.melody_argument import melody_fields
from cli.options import AsJson, Endpoint, make_request
from cli.output import err, out, print_json
from cli.session import connect
from cli.tables import dataset_table, melody_table, model_page, model_table, technique_table
from contract.composition import Composition, CompositionRequest, CompositionStatus


def compose(
    model: Annotated[str, typer.Option(metavar="MODEL", help="The model's id; see `continuo models`.")],
    melody: Annotated[
        str, typer.Option(help="A sample melody's id, a .json file of notes, or a .mid file.")
    ] = "twinkle",
    output: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where the MIDI goes.")] = None,
    name: Annotated[str | None, typer.Option(help="A name for the composition.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same accompaniment.")] = None,
    creativity: Annotated[float, typer.Option(help="0 takes the likeliest notes, up to 2.")] = 0.0,
    tempo: Annotated[float | None, typer.Option(metavar="BPM", help="Another tempo.")] = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Let a model accompany a melody, and fetch the MIDI."""
    stem = Path(melody).stem
    fields = melody_fields(melody)
    request = make_request(
        CompositionRequest,
        fields
        | {
            "name": name or stem,
            "model_id": model,
            "seed": seed,
            "creativity": creativity,
            "tempo_bpm": tempo,
        },
    )
    path = output or Path(f"{stem}-accompanied.mid")
    with connect(endpoint) as client:
        composition = compose_with(client, request, _tell_waiting)
        _raise_if_failed(composition)
        midi = client.composition_midi(composition.composition_id)
    _write(path, midi)
    if as_json:
        print_json(composition)
    else:
        voices = ", ".join(track.name for track in composition.tracks if not track.is_melody)
        out().print(f"{path}: {voices} under {stem}, seed {composition.seed}", markup=False)


def list_models(
    model_id: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Show this one.")] = None,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Models that can compose: yours, and shared ones."""
    with connect(endpoint) as client:
        if model_id is not None:
            model = client.model(model_id)
            print_json(model) if as_json else out().print(model_page(model))
            return
        models = client.models()
    print_json(models) if as_json else out().print(model_table(models))


def list_datasets(endpoint: Endpoint = None, as_json: AsJson = False) -> None:
    """What can be trained on, with the tags that --filter takes."""
    with connect(endpoint) as client:
        datasets = client.datasets()
    print_json(datasets) if as_json else out().print(dataset_table(datasets))


def list_melodies(endpoint: Endpoint = None, as_json: AsJson = False) -> None:
    """Sample melodies to compose with."""
    with connect(endpoint) as client:
        melodies = client.melodies()
    print_json(melodies) if as_json else out().print(melody_table(melodies))


def list_techniques(endpoint: Endpoint = None, as_json: AsJson = False) -> None:
    """Generative models, with the hyperparameters that --set takes."""
    with connect(endpoint) as client:
        techniques = client.techniques()
    print_json(techniques) if as_json else out().print(technique_table(techniques))


def _tell_waiting(composition: Composition) -> None:
    if composition.status is CompositionStatus.QUEUED:
        err().print(f"{composition.composition_id} waits for the endpoint …", style="dim")


def _raise_if_failed(composition: Composition) -> None:
    if composition.status is CompositionStatus.FAILED:
        failure = composition.failure
        reason = f"{failure.code}: {failure.message}" if failure else "no reason was recorded"
        raise JobFailedError(f"The composition {composition.composition_id} failed.", lines=[reason])


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise CliError(f"{path} cannot be written: {error.strerror}") from error
