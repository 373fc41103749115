"""The REST API's routes, by resource: decode, call, encode. `lambdas.handlers.api` lists them all."""
