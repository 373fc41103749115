"""The Lambda functions: entrances in `handlers`, decisions in `domain`, AWS in `adapters`.

`bootstrap` puts them together, `settings` names the environment variables of each function.
"""
