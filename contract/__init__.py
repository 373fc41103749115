"""Every format that crosses a process boundary, once, with both directions.

Each module owns one format: its fields, its limits and how it is read and written. Nothing here knows
AWS clients, music or networks; everything else may import from here.
"""
