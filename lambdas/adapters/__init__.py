"""The only AWS calls of the Lambdas. Each adapter satisfies a port of the domain.

Clients are asked for by a function, so that none is built before it is needed.
"""
