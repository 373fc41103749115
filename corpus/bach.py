"""The Bach dataset: four-part chorales from the installed package music21, as MIDI with a catalog.

Nothing of music21's encodings is kept in this project: the dataset is built from the package where it is
installed. Every voice is monophonic and named; bars begin on multiples of the bar (a pick-up begins late).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from contract.dataset import CATALOG_FILE, CatalogPiece, Dataset, count_tags
from corpus.keys import find_key
from corpus.musicxml import TICKS_PER_QUARTER, NotatedNote, NotatedScore, read_musicxml_file
from corpus.tunes import group_by_signs, opening_intervals
from music.midi import write_midi
from music.score import STEPS_PER_BEAT, Note, Score, Track

DATASET_ID = "bach"
DATASET_FILE = "dataset.json"
PIECES_FOLDER = "pieces"
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
PROGRAM = 52  # General MIDI's choir
TEMPO_BPM = 84.0
LICENCE = (
    "Composition in the public domain. Encoding under its own terms, see corpus/license.txt in music21: "
    "built from the installed package, not for redistribution."
)

_TICKS_PER_STEP = TICKS_PER_QUARTER // STEPS_PER_BEAT


class Chorale(NamedTuple):
    """A four-part chorale: its catalog number, its title where one is known, and what is notated."""

    piece_id: str
    title: str | None
    score: NotatedScore


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """What a build made."""

    pieces: int
    melody_groups: int


def build_bach(folder: Path, on_progress: Callable[[str], None] = lambda line: None) -> DatasetSummary:
    """Writes `dataset.json`, `catalog.jsonl` and `pieces/*.mid` into `folder`."""
    chorales = list(read_chorales(on_progress))
    groups = group_by_signs({chorale.piece_id: _signs(chorale) for chorale in chorales})
    (folder / PIECES_FOLDER).mkdir(parents=True, exist_ok=True)
    catalog = []
    for chorale in chorales:
        score = to_score(chorale.score)
        piece = _catalog_piece(chorale, score, groups[chorale.piece_id])
        (folder / piece.file).write_bytes(write_midi(score))
        catalog.append(piece)
    lines = "".join(piece.to_json() + "\n" for piece in catalog)
    (folder / CATALOG_FILE).write_text(lines, encoding="utf-8")
    (folder / DATASET_FILE).write_text(_dataset(catalog).to_json() + "\n", encoding="utf-8")
    return DatasetSummary(len(catalog), len(set(groups.values())))


def music21_folder() -> Path:
    """Where music21 is installed, found without importing it."""
    spec = find_spec("music21")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package music21 is not installed; it carries the chorales")
    return Path(spec.origin).parent


def chorale_files() -> list[Path]:
    """The chorales' files in catalog order: BWV 66.6 before BWV 250."""
    folder = music21_folder() / "corpus" / "bach"
    return sorted((*folder.glob("*.mxl"), *folder.glob("*.xml")), key=_catalog_order)


def read_chorales(on_progress: Callable[[str], None] = lambda line: None) -> Iterator[Chorale]:
    """The pieces with exactly the four voices, in catalog order."""
    titles = _titles()
    files = chorale_files()
    for number, path in enumerate(files, start=1):
        if number % 100 == 0:
            on_progress(f"  read {number} of {len(files)} chorales")
        score = read_musicxml_file(path)
        if tuple(part.name for part in score.parts) == VOICES:
            yield Chorale(path.stem, titles.get(path.stem.removeprefix("bwv")), score)


def to_score(notated: NotatedScore) -> Score:
    """The chorale on the grid of sixteenths.

    Onsets and ends go to the nearest sixteenth. Of finer notes that fall on one step the longest stays; each
    note ends where the next of its voice begins. A pick-up is preceded by rests that fill its bar.
    """
    pickup = notated.measures[0] % notated.ticks_per_bar
    shift = (notated.ticks_per_bar - pickup) % notated.ticks_per_bar
    return Score(
        tracks=tuple(
            Track(name, _to_voice(part.notes, shift), PROGRAM)
            for name, part in zip(VOICES, notated.parts, strict=True)
        ),
        tempo_bpm=TEMPO_BPM,
        beats_per_bar=notated.ticks_per_bar // TICKS_PER_QUARTER,
    )


def _to_voice(notes: tuple[NotatedNote, ...], shift: int) -> tuple[Note, ...]:
    longest: dict[int, NotatedNote] = {}
    for note in notes:
        step = _nearest_step(note.onset + shift)
        if step not in longest or longest[step].duration < note.duration:
            longest[step] = note
    onsets = sorted(longest)
    voice = []
    for onset, following in zip(onsets, [*onsets[1:], None], strict=True):
        note = longest[onset]
        end = max(onset + 1, _nearest_step(note.end + shift))
        voice.append(Note(onset, note.pitch, (end if following is None else min(end, following)) - onset))
    return tuple(voice)


def _nearest_step(ticks: int) -> int:
    return (2 * ticks + _TICKS_PER_STEP) // (2 * _TICKS_PER_STEP)


def _catalog_order(path: Path) -> tuple[list[int], str]:
    numbers = path.stem.removeprefix("bwv").replace("-", ".").split(".")
    return [int(number) for number in numbers if number.isdigit()], path.name


def _titles() -> dict[str, str]:
    # Imported here: music21 takes seconds to import, and only a build needs it.
    from music21.corpus.chorales import ChoraleListRKBWV

    chorales = ChoraleListRKBWV()  # type: ignore[no-untyped-call]  # music21 types its older parts in part
    return {
        str(number): entry["title"].replace("AAch", "Ach")  # a slip in music21's list
        for number, entry in chorales.byBWV.items()
    }


def _signs(chorale: Chorale) -> list[object]:
    opening = opening_intervals(chorale.score.parts[0].notes)
    return [opening] if chorale.title is None else [chorale.title, opening]


def _catalog_piece(chorale: Chorale, score: Score, group: str) -> CatalogPiece:
    number = chorale.piece_id.removeprefix("bwv")
    key = find_key(chorale.score)
    return CatalogPiece(
        piece_id=chorale.piece_id,
        file=f"{PIECES_FOLDER}/{chorale.piece_id}.mid",
        title=f"{chorale.title} (BWV {number})" if chorale.title else f"Chorale BWV {number}",
        tracks=list(VOICES),
        steps=score.n_steps,
        melody_group=f"tune-{group}",
        source=f"music21 bach/{chorale.piece_id}",
        licence=LICENCE,
        tags={
            "composer": "bach",
            "genre": "chorale",
            "key": key.name,
            "meter": f"{chorale.score.beats}/{chorale.score.beat_type}",
            "mode": key.mode,
        },
    )


def _dataset(catalog: list[CatalogPiece]) -> Dataset:
    meters = Counter(piece.tags["meter"] for piece in catalog)
    return Dataset(
        dataset_id=DATASET_ID,
        title="Bach chorales",
        description=(
            f"{len(catalog)} chorales by Johann Sebastian Bach in four voices, "
            f"most of them in {meters.most_common(1)[0][0]}: melody Soprano; accompaniment Alto, Tenor, Bass."
        ),
        licence=LICENCE,
        source="The chorales in the Python package music21",
        pieces=len(catalog),
        tracks=list(VOICES),
        tags=count_tags(catalog),
    )
