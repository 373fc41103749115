"""The base of every wire format: camelCase outside, snake_case inside, unknown fields refused."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class WireModel(BaseModel):
    """A value that travels: immutable, closed, spelled in camelCase on the wire."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )

    def to_json(self) -> str:
        """The value as one line of JSON; fields without a value are left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True)

    def to_wire(self) -> dict[str, object]:
        """The value as plain JSON types; fields without a value are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def to_timestamp(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC with milliseconds, the one spelling used everywhere."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
