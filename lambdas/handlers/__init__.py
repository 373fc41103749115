"""The entrances: one file per Lambda function. Each decodes, calls the domain and encodes.

`make_handler` takes the function that gives the services, so that tests give their own.
"""
