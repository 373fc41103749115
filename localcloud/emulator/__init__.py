"""Everything that touches MiniStack's internals, and nothing else does.

The version is pinned. `surface` names each internal that is used here; the engine refuses to start, and a
test fails, when one of them has moved.
"""
