"""What a person may set when training: one definition of each name, type, range, default and meaning.

The API validates with it, `GET /techniques` publishes it, and the training container reads its
hyperparameters through it. SageMaker carries every value as a string.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from annotated_types import Ge, Le
from pydantic import Field

from contract.base import WireModel


class Technique(StrEnum):
    """The generative models that can be trained."""

    UNET_GAN = "unet-gan"


class UnetGanHyperparameters(WireModel):
    """Hyperparameters of the U-Net GAN (WGAN-GP with a reconstruction term)."""

    epochs: int = Field(
        default=20, ge=1, le=500, description="How many times training passes over every snippet."
    )
    batch_size: int = Field(
        default=32, ge=2, le=512, description="Snippets per update. Larger is steadier and slower to react."
    )
    learning_rate: float = Field(
        default=5e-4, ge=1e-6, le=1e-2, description="Step size of the Adam optimizer for both networks."
    )
    update_ratio: int = Field(default=1, ge=1, le=10, description="Critic updates per generator update.")
    gradient_penalty: float = Field(
        default=10.0,
        ge=0,
        le=100,
        description="Weight of the WGAN-GP gradient penalty that keeps the critic smooth.",
    )
    reconstruction_weight: float = Field(
        default=8.0,
        ge=0,
        le=100,
        description="Weight of the term that rewards the notes the composer really wrote.",
    )
    noise_channels: int = Field(
        default=32, ge=1, le=256, description="Width of the noise that makes each seed's answer different."
    )
    noise_candidates: int = Field(
        default=4,
        ge=1,
        le=16,
        description="Noises tried per snippet; only the best is held against the composer's notes.",
    )
    diversity_weight: float = Field(
        default=2.0,
        ge=0,
        le=100,
        description="Weight of the reward for two noises giving different answers; it is bounded.",
    )
    warmup_epochs: int = Field(
        default=3,
        ge=0,
        le=100,
        description="Epochs of reconstruction before the generator hears the critic; at most all but one.",
    )
    transposition_semitones: int = Field(
        default=3, ge=0, le=6, description="Each snippet is moved by up to this many semitones up or down."
    )
    hop_steps: int = Field(
        default=16,
        ge=4,
        le=32,
        description="Distance in sixteenths between snippets cut from a piece; smaller gives more.",
    )
    generator_width: int = Field(
        default=128,
        ge=8,
        le=256,
        description="Channels of the generator's first layer; the deeper ones have twice as many.",
    )
    critic_width: int = Field(
        default=32,
        ge=4,
        le=64,
        description="Channels of the critic's first layer; each of the next three doubles them.",
    )
    evaluation_snippets: int = Field(
        default=256,
        ge=1,
        le=1024,
        description="Held-out snippets, at most, that the measures are taken on after each epoch.",
    )
    sample_every_epochs: int = Field(
        default=1, ge=1, le=100, description="A MIDI of the same melody is written every so many epochs."
    )
    seed: int = Field(
        default=0,
        ge=0,
        le=2**31 - 1,
        description="Seed of every random generator: the same seed trains the same model.",
    )


HYPERPARAMETERS: dict[Technique, type[UnetGanHyperparameters]] = {
    Technique.UNET_GAN: UnetGanHyperparameters,
}


class HyperparameterDefinition(WireModel):
    """One hyperparameter as it is published."""

    name: str
    type: Literal["integer", "number"]
    default: float | int
    minimum: float | int
    maximum: float | int
    meaning: str


class TechniqueDescription(WireModel):
    """A technique as `GET /techniques` publishes it."""

    technique: Technique
    title: str
    description: str
    hyperparameters: list[HyperparameterDefinition]


class TechniqueList(WireModel):
    items: list[TechniqueDescription]


_TITLES: dict[Technique, tuple[str, str]] = {
    Technique.UNET_GAN: (
        "U-Net GAN",
        "A U-Net hears the melody and writes the other voices; a critic that sees both keeps them honest.",
    ),
}


def describe_techniques() -> TechniqueList:
    """Every technique with its hyperparameters, for people and for the console."""
    return TechniqueList(
        items=[
            TechniqueDescription(
                technique=technique,
                title=_TITLES[technique][0],
                description=_TITLES[technique][1],
                hyperparameters=_definitions(model),
            )
            for technique, model in HYPERPARAMETERS.items()
        ]
    )


def _definitions(model: type[UnetGanHyperparameters]) -> list[HyperparameterDefinition]:
    definitions = []
    for name, field in model.model_fields.items():
        bounds = {type(bound): bound for bound in field.metadata if isinstance(bound, Ge | Le)}
        lower, upper = bounds[Ge], bounds[Le]
        assert isinstance(lower, Ge)
        assert isinstance(upper, Le)
        definitions.append(
            HyperparameterDefinition.model_validate(
                {
                    "name": field.alias or name,
                    "type": "integer" if field.annotation is int else "number",
                    "default": field.default,
                    "minimum": lower.ge,
                    "maximum": upper.le,
                    "meaning": field.description,
                }
            )
        )
    return definitions


def encode_for_sagemaker(values: UnetGanHyperparameters, technique: Technique) -> dict[str, str]:
    """Hyperparameters as SageMaker carries them: strings, the technique among them."""
    return {"technique": technique.value} | {name: str(value) for name, value in values.to_wire().items()}


def decode_from_sagemaker(values: dict[str, str]) -> tuple[Technique, UnetGanHyperparameters]:
    """The inverse of `encode_for_sagemaker`. Raises `ValueError` on an unknown name or illegal value."""
    technique = Technique(values.get("technique", Technique.UNET_GAN))
    return technique, HYPERPARAMETERS[technique].model_validate(
        {name: value for name, value in values.items() if name != "technique"}
    )
