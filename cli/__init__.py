"""The `continuo` command: a client of the REST API, and the way to run all of it on this machine.

What speaks to a deployment (`client`, `session`, `watch`) imports neither the local cloud nor the corpus.
"""
