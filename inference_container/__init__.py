"""The inference container: a SageMaker endpoint that adds a model's accompaniment to a melody.

`python -m inference_container serve` answers `/ping` and `/invocations`. It knows S3, ONNX graphs and music;
it knows neither rows, jobs nor people.
"""
