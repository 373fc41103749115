"""Measures speed and quality through the parts' real interfaces. Results are facts about one machine."""
