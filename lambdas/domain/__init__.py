"""Jobs, compositions and models as plain values, their transitions, and what is done with them.

Knows the standard library only. What it needs from outside it names as protocols in `ports`.
"""
