"""What tests ask of a model beside what the app does."""

from torch import nn


def number_of_weights(model: nn.Module) -> int:
    """Number of trainable numbers of the model."""
    return sum(weights.numel() for weights in model.parameters())
