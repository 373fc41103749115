"""The sample melodies: tunes in the public domain, written out as notes by this project.

They lie where a chorale's soprano lies, so that a model trained on Bach has room below them.
"""

from __future__ import annotations

from dataclasses import dataclass

from contract.melody import MelodyBody, MelodyNote, SampleMelody
from corpus.notation import read_tune


@dataclass(frozen=True, slots=True)
class Tune:
    """A tune as it is written down here; `beats_per_bar` counts quarters, so 6/8 has 3."""

    melody_id: str
    title: str
    source: str
    key: str
    beats_per_bar: int
    tempo_bpm: float
    text: str


def sample_melodies() -> list[SampleMelody]:
    """Every tune as the service offers it."""
    return [to_sample(tune) for tune in TUNES]


def to_sample(tune: Tune) -> SampleMelody:
    notes = [
        MelodyNote(
            pitch=note.pitch, onset_steps=note.onset, duration_steps=note.duration, velocity=note.velocity
        )
        for note in read_tune(tune.text, tune.beats_per_bar)
    ]
    return SampleMelody(
        melody_id=tune.melody_id,
        title=tune.title,
        source=tune.source,
        key=tune.key,
        melody=MelodyBody(notes=notes, tempo_bpm=tune.tempo_bpm, beats_per_bar=tune.beats_per_bar),
    )


TUNES = (
    Tune(
        "twinkle", "Twinkle, Twinkle, Little Star", "French folk tune, 18th century", "G major", 4, 100,
        """G4 G4 D5 D5 | E5 E5 D5:2 | C5 C5 B4 B4 | A4 A4 G4:2
         | D5 D5 C5 C5 | B4 B4 A4:2 | D5 D5 C5 C5 | B4 B4 A4:2
         | G4 G4 D5 D5 | E5 E5 D5:2 | C5 C5 B4 B4 | A4 A4 G4:2""",
    ),
    Tune(
        "mary", "Mary Had a Little Lamb", "American nursery tune, 1830s", "G major", 4, 110,
        """B4 A4 G4 A4 | B4 B4 B4:2 | A4 A4 A4:2 | B4 D5 D5:2
         | B4 A4 G4 A4 | B4 B4 B4 B4 | A4 A4 B4 A4 | G4:4""",
    ),
    Tune(
        "ode-to-joy", "Ode to Joy", "Ludwig van Beethoven, Symphony No. 9, 1824", "G major", 4, 110,
        """B4 B4 C5 D5 | D5 C5 B4 A4 | G4 G4 A4 B4 | B4:1.5 A4:0.5 A4:2
         | B4 B4 C5 D5 | D5 C5 B4 A4 | G4 G4 A4 B4 | A4:1.5 G4:0.5 G4:2
         | A4 A4 B4 G4 | A4 B4:0.5 C5:0.5 B4 G4 | A4 B4:0.5 C5:0.5 B4 A4 | G4 A4 D4:2
         | B4 B4 C5 D5 | D5 C5 B4 A4 | G4 G4 A4 B4 | A4:1.5 G4:0.5 G4:2""",
    ),
    Tune(
        "frere-jacques", "Frère Jacques", "French round, 18th century", "G major", 4, 110,
        """G4 A4 B4 G4 | G4 A4 B4 G4 | B4 C5 D5:2 | B4 C5 D5:2
         | D5:0.5 E5:0.5 D5:0.5 C5:0.5 B4 G4 | D5:0.5 E5:0.5 D5:0.5 C5:0.5 B4 G4
         | G4 D4 G4:2 | G4 D4 G4:2""",
    ),
    Tune(
        "london-bridge", "London Bridge Is Falling Down", "English nursery tune, 18th century", "G major", 4,
        110,
        """D5:1.5 E5:0.5 D5 C5 | B4 C5 D5:2 | A4 B4 C5:2 | B4 C5 D5:2
         | D5:1.5 E5:0.5 D5 C5 | B4 C5 D5:2 | A4:2 D5:2 | B4 G4:3""",
    ),
    Tune(
        "au-clair-de-la-lune", "Au clair de la lune", "French folk tune, 18th century", "G major", 4, 105,
        """G4 G4 G4 A4 | B4:2 A4:2 | G4 B4 A4 A4 | G4:4
         | G4 G4 G4 A4 | B4:2 A4:2 | G4 B4 A4 A4 | G4:4
         | A4 A4 A4 A4 | E4:2 E4:2 | A4 G4 F#4 E4 | D4:4
         | G4 G4 G4 A4 | B4:2 A4:2 | G4 B4 A4 A4 | G4:4""",
    ),
    Tune(
        "amazing-grace", "Amazing Grace", "New Britain, American hymn tune, 1829", "G major", 3, 85,
        """D4 | G4:2 B4:0.5 G4:0.5 | B4:2 A4 | G4:2 E4 | D4:2 D4
         | G4:2 B4:0.5 G4:0.5 | B4:2 A4:0.5 B4:0.5 | D5:3 | -:2 B4:0.5 D5:0.5
         | D5:2 B4:0.5 G4:0.5 | B4:2 A4 | G4:2 E4 | D4:2 D4
         | G4:2 B4:0.5 G4:0.5 | B4:2 A4 | G4:3 | -:2""",
    ),
    Tune(
        "jingle-bells", "Jingle Bells (chorus)", "James Lord Pierpont, 1857", "G major", 4, 120,
        """B4 B4 B4:2 | B4 B4 B4:2 | B4 D5 G4:1.5 A4:0.5 | B4:4
         | C5 C5 C5:1.5 C5:0.5 | C5 B4 B4 B4:0.5 B4:0.5 | B4 A4 A4 B4 | A4:2 D5:2
         | B4 B4 B4:2 | B4 B4 B4:2 | B4 D5 G4:1.5 A4:0.5 | B4:4
         | C5 C5 C5:1.5 C5:0.5 | C5 B4 B4 B4:0.5 B4:0.5 | D5 D5 C5 A4 | G4:4""",
    ),
    Tune(
        "when-the-saints", "When the Saints Go Marching In", "American spiritual, 19th century", "G major", 4,
        120,
        """R G4 B4 C5 | D5:4 | R G4 B4 C5 | D5:4 | R G4 B4 C5 | D5:2 B4:2 | G4:2 B4:2 | A4:4
         | R B4 B4 A4 | G4:3 G4 | B4:2 D5:2 | D5 C5:3 | R:2 B4 C5 | D5:2 B4:2 | G4:2 A4:2 | G4:4""",
    ),
    Tune(
        "greensleeves", "Greensleeves", "English song, 16th century", "A minor", 3, 85,
        """A4:0.5 | C5 D5:0.5 E5:0.75 F5:0.25 E5:0.5 | D5 B4:0.5 G4:0.75 A4:0.25 B4:0.5
         | C5 A4:0.5 A4:0.75 G#4:0.25 A4:0.5 | B4 G#4:0.5 E4 A4:0.5
         | C5 D5:0.5 E5:0.75 F5:0.25 E5:0.5 | D5 B4:0.5 G4:0.75 A4:0.25 B4:0.5
         | C5:0.75 B4:0.25 A4:0.5 G#4:0.75 F#4:0.25 G#4:0.5 | A4:1.5 A4:1.5
         | G5:1.5 G5:0.75 F#5:0.25 E5:0.5 | D5 B4:0.5 G4:0.75 A4:0.25 B4:0.5
         | C5 A4:0.5 A4:0.75 G#4:0.25 A4:0.5 | B4 G#4:0.5 E4:1.5
         | G5:1.5 G5:0.75 F#5:0.25 E5:0.5 | D5 B4:0.5 G4:0.75 A4:0.25 B4:0.5
         | C5:0.75 B4:0.25 A4:0.5 G#4:0.75 F#4:0.25 G#4:0.5 | A4:2.5""",
    ),
    Tune(
        "old-macdonald", "Old MacDonald Had a Farm", "English and American folk song, 18th century",
        "G major", 4, 115,
        """G4 G4 G4 D4 | E4 E4 D4:2 | B4 B4 A4 A4 | G4:3 D4
         | G4 G4 G4 D4 | E4 E4 D4:2 | B4 B4 A4 A4 | G4:3 D4:0.5 D4:0.5
         | G4 G4 G4 D4:0.5 D4:0.5 | G4 G4 G4:2
         | G4:0.5 G4:0.5 G4 G4:0.5 G4:0.5 G4 | G4:0.5 G4:0.5 G4:0.5 G4:0.5 G4 G4
         | G4 G4 G4 D4 | E4 E4 D4:2 | B4 B4 A4 A4 | G4:4""",
    ),
    Tune(
        "row-your-boat", "Row, Row, Row Your Boat", "American round, 1852", "G major", 3, 90,
        """G4:1.5 G4:1.5 | G4 A4:0.5 B4:1.5 | B4 A4:0.5 B4 C5:0.5 | D5:3
         | G5:0.5 G5:0.5 G5:0.5 D5:0.5 D5:0.5 D5:0.5 | B4:0.5 B4:0.5 B4:0.5 G4:0.5 G4:0.5 G4:0.5
         | D5 C5:0.5 B4 A4:0.5 | G4:3""",
    ),
    Tune(
        "silent-night", "Silent Night", "Franz Xaver Gruber, 1818", "C major", 3, 75,
        """G4:0.75 A4:0.25 G4:0.5 E4:1.5 | G4:0.75 A4:0.25 G4:0.5 E4:1.5
         | D5 D5:0.5 B4:1.5 | C5 C5:0.5 G4:1.5
         | A4 A4:0.5 C5:0.75 B4:0.25 A4:0.5 | G4:0.75 A4:0.25 G4:0.5 E4:1.5
         | A4 A4:0.5 C5:0.75 B4:0.25 A4:0.5 | G4:0.75 A4:0.25 G4:0.5 E4:1.5
         | D5 D5:0.5 F5:0.75 D5:0.25 B4:0.5 | C5:1.5 E5:1.5
         | C5:0.5 G4:0.5 E4:0.5 G4:0.75 F4:0.25 D4:0.5 | C4:3""",
    ),
    Tune(
        "auld-lang-syne", "Auld Lang Syne", "Scottish song, 18th century", "F major", 4, 95,
        """C4 | F4:1.5 F4:0.5 F4 A4 | G4:1.5 F4:0.5 G4 A4 | F4:1.5 F4:0.5 A4 C5 | D5:3 D5
         | C5:1.5 A4:0.5 A4 F4 | G4:1.5 F4:0.5 G4 A4 | F4:1.5 D4:0.5 D4 C4 | F4:3 D5
         | C5:1.5 A4:0.5 A4 F4 | G4:1.5 F4:0.5 G4 D5 | C5:1.5 A4:0.5 A4 C5 | D5:3 D5
         | C5:1.5 A4:0.5 A4 F4 | G4:1.5 F4:0.5 G4 A4 | F4:1.5 D4:0.5 D4 C4 | F4:3""",
    ),
    Tune(
        "yankee-doodle", "Yankee Doodle (verse)", "American song, 18th century", "G major", 4, 125,
        """G4 G4 A4 B4 | G4 B4 A4 D4 | G4 G4 A4 B4 | G4:2 F#4:2
         | G4 G4 A4 B4 | C5 B4 A4 G4 | F#4 D4 E4 F#4 | G4:2 G4:2""",
    ),
    Tune(
        "haenschen-klein", "Hänschen klein", "German folk tune, 18th century", "G major", 4, 115,
        """D5 B4 B4:2 | C5 A4 A4:2 | G4 A4 B4 C5 | D5 D5 D5:2
         | D5 B4 B4:2 | C5 A4 A4:2 | G4 B4 D5 D5 | G4:4
         | A4 A4 A4 A4 | A4 B4 C5:2 | B4 B4 B4 B4 | B4 C5 D5:2
         | D5 B4 B4:2 | C5 A4 A4:2 | G4 B4 D5 D5 | G4:4""",
    ),
    Tune(
        "old-hundredth", "Old Hundredth", "Louis Bourgeois, Genevan Psalter, 1551", "G major", 4, 90,
        """G4 | G4 F#4 E4 D4 | G4 A4 B4 B4 | B4 B4 A4 G4 | C5 B4 A4 G4
         | A4 B4 A4 G4 | E4 F#4 G4 D5 | B4 G4 A4 C5 | B4 A4 G4""",
    ),
)  # fmt: skip
