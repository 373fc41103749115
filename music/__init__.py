"""Music as values: melodies, piano rolls, MIDI files and measures. No AWS, no networks.

A *step* is a sixteenth note, four to the beat. Pitches are MIDI numbers, middle C is 60.
"""
