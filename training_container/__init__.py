"""The SageMaker training container: a thin shell around networks that learn to accompany a melody.

It speaks SageMaker's folder contract, `contract/` and `music/`; it knows neither AWS clients nor the network.
"""
