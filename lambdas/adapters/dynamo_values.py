"""Plain JSON values as DynamoDB's attribute values, and back: the one place where floats meet Decimals."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

AttributeMap = dict[str, Any]  # DynamoDB's typed JSON: {"S": …}, {"N": …}, …

_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()


def encode_item(item: Mapping[str, object]) -> AttributeMap:
    """An item as `PutItem` takes it."""
    return {name: _SERIALIZER.serialize(_to_decimals(value)) for name, value in item.items()}


def decode_item(attributes: Mapping[str, Any]) -> dict[str, object]:
    """The inverse of `encode_item`; a whole number comes back as an int."""
    return {name: _from_decimals(_DESERIALIZER.deserialize(value)) for name, value in attributes.items()}


def _to_decimals(value: object) -> object:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {name: _to_decimals(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_to_decimals(member) for member in value]
    return value


def _from_decimals(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: _from_decimals(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_from_decimals(member) for member in value]
    return value
