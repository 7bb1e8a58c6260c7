"""What a file to take home has of one model: the routes' answers that its pages ask for, by their addresses.

Numbers are rounded, so that they pack into half the bytes: weights, means and layouts to float16, nats to 1/128, log
variances to 1/64.

live/weights?model=M       encoder and decoder, as vae.server.weights has them; in float16 where the decoder's pictures
                           stay within a level of 255
live/encoded?model=M       the first n encoded test images, as vae.server.latent_map.routes has them
live/images?model=M        the first k of these images, and their noise at live/noise?model=M
live/film?model=M          the film of its training, perhaps shortened, where it has one and there is room
live/projections?model=M&method=tsne&dims=2
                           a projection that the checkpoint has, of these n, as vae.server.latent_map.data has it
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from vae.evaluation.rounding import float16_is_close, float16_levels
from vae.lab.answers import Json, answer, data_url
from vae.lab.html import Block
from vae.model.latents import EncodedSet, FloatArray, posterior_noise
from vae.projection.config import LINEAR, METHODS, ProjectionConfig
from vae.projection.methods import Pca, Quality, fit_pca, quality
from vae.server.latent_map.data import MapSource, encoded_body, projection_body
from vae.server.weights import local_model, packed, version_of
from vae.storage.checkpoints import Checkpoint
from vae.storage.files import CheckpointError
from vae.views import sampling
from vae.views.compare import compare_data
from vae.views.explore import explore_data
from vae.views.interpolation import interpolation_data
from vae.views.latent_map import map_data
from vae.views.reconstruction import compare_empty, reconstruction_data, score_data, score_test_images
from vae.views.shared import comparison, models, pages
from vae.views.training import history, short_film, training_data

IMAGES = 300  # test images with their pixels
SEEDS = 2  # of Sampling's noise, from the seed of the page on; the page draws its own for others
DIMS = (2, 3)
PAIRS = 1_000_000  # that are compared for how far a projection can be trusted: a user may be waiting
NATS, LOGVAR_STEPS = 128, 64  # steps of one nat, of a log variance of 1
UNMEASURED = Quality(None, None, None, None, "")


class ModelFiles:
    """A checkpoint's part of a file; what takes long is computed once, whatever the number of points.

    Raises CheckpointError for a broken checkpoint, and for one too large for browsers.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.local = local_model(checkpoint)
        if self.local is None:
            raise CheckpointError(f"{checkpoint.path}: the model is too large for browsers; a smaller one fits a file.")
        self.model = checkpoint.load_model()
        self._encoded = checkpoint.load_encoded()
        self._examples = checkpoint.load_examples()

    def encoded(self, checkpoint: Checkpoint) -> EncodedSet:
        """As of vae.lab.answers' Data: all of the test set."""
        return self._encoded

    def shown(self, view: str, checkpoint: Checkpoint) -> Json:
        """As of vae.lab.answers' Data, without what needs the app."""
        counts: Json = {"test_images": checkpoint.test_images} if view == pages.SAMPLING.name else {}
        own = {"labels": _labels(self._encoded, checkpoint)} if view == pages.COMPARE.name else {}
        return self._shown[view] | {"local": self.local} | counts | own

    @cached_property
    def _shown(self) -> dict[str, Json]:
        own, encoded, version = self.checkpoint, self._encoded, version_of(self.checkpoint)
        return {
            pages.EXPLORE.name: _with_halved_points(explore_data(own, encoded)),
            pages.LATENT_MAP.name: map_data(own, version) | {"plotly": None},
            pages.SAMPLING.name: sampling.sampling_data(own, encoded, self._fitted),
            pages.INTERPOLATION.name: interpolation_data(own, self._examples, version),
            pages.COMPARE.name: _with_halved_points(compare_data(own, encoded, self._examples, 0)),
            pages.RECONSTRUCTION.name: reconstruction_data(own, self._examples, 0) | self._scores,
            pages.TRAINING.name: training_data(own) | {"history": history(own)},
        }

    def source(self, checkpoint: Checkpoint, name: str) -> Mapping[str, object]:
        """As of vae.lab.answers' Data."""
        return sampling.source(self.checkpoint, self._encoded, self._fitted, name)

    def other(self, checkpoint: Checkpoint, dataset: str) -> Json:
        """As of vae.lab.answers' Data: a file has no other data sets."""
        raise ValueError("A file has no other data sets.")

    def codes(self, checkpoint: Checkpoint) -> Json:
        """As of vae.lab.answers' Data."""
        return comparison.codes(self._encoded)

    def match(self, checkpoint: Checkpoint, name: str) -> list[comparison.Match]:
        """As of vae.lab.answers' Data: `comparisons` has those of a file."""
        raise ValueError("A model alone has no other.")

    def comparisons(self, others: Sequence["ModelFiles"]) -> dict[str, Json]:
        """What the host will ask for where this model is compared with those of the same pictures, by its address."""
        same = {each.checkpoint.name: each for each in others}
        found = comparison.comparable(self.checkpoint, [each.checkpoint for each in others])
        if not found:
            return {}
        name = self.checkpoint.name
        answers = {data_url("compared", model=name): answer(self, self.checkpoint, "compared", {})}
        for other in found:
            match = comparison.match_dimensions(self._encoded.mean, same[other.name]._encoded.mean)
            answers[data_url("match", model=name, **{"with": other.name})] = {"match": match}
        return answers

    @cached_property
    def _fitted(self) -> sampling.Fitted:
        return sampling.fit_sources(self.checkpoint, self._encoded)

    @cached_property
    def _scores(self) -> Json:
        own = score_test_images(self.checkpoint, self.model, self._encoded, self._examples)
        return score_data(own, compare_empty(self.checkpoint, self.model, own))

    def row(self) -> Json:
        """As the bar shows the model, with its strip of pictures."""
        (row,) = models.listed([self.checkpoint])
        strip = models.strip(self.checkpoint, self.model, self._encoded)
        return row | {"strip": f"data:image/png;base64,{base64.b64encode(strip).decode()}"}

    def answers(self, points: int, images: int, seed: int) -> dict[str, Json]:
        """What the host will ask for, by its address. seed: of the first noise; the others as of blocks."""
        checkpoint = replace(self.checkpoint, test_images=points)
        asked: list[tuple[str, dict[str, str]]] = [(view.name, {}) for view in pages.VIEWS]
        asked += [("noise", {"seed": f"{(seed + i) % (sampling.LAST_SEED + 1)}"}) for i in range(SEEDS)]
        offered = sampling.offered_sources(self.checkpoint, self._fitted)
        names = [offer["id"] for offer in offered if offer["id"] != "image" and not offer["problem"]]
        asked += [("source", {"source": name}) for name in names]
        answers: dict[str, Any] = {
            data_url(name, model=checkpoint.name, **params): answer(self, checkpoint, name, params)
            for name, params in asked
        }
        answers[data_url(pages.RECONSTRUCTION.name, model=checkpoint.name)]["others"] = []
        shown = min(points, images, len(self._examples))
        answers[data_url(pages.LATENT_MAP.name, model=checkpoint.name)]["data"]["examples"] = shown
        return answers

    def film(self, room: int) -> Block | None:
        """The film of its training in at most so many bytes of a page; None without one that fits."""
        path, most_bytes = self.checkpoint.film, room * 3 // 4  # in base64 three bytes take four
        film = short_film(path, most_bytes) if path and most_bytes > 0 else None
        return Block(f"live/film?model={self.checkpoint.name}", film) if film else None

    @cached_property
    def weights(self) -> bytes:
        """The file of the weights."""
        own = self.checkpoint
        about = {"model": own.name, "kl": own.kl_per_dimension, "class_names": own.class_names}
        levels = own.metrics.get("float16_levels") or float16_levels(self.model, self._encoded)
        return packed(self.model, "whole", about, float16=float16_is_close(levels))

    def blocks(self, points: int, images: int = IMAGES, *, measured: bool = True) -> list[Block]:
        """All but the answers, for so many encoded images, and as many of them with pixels as there are.

        measured: with how far each projection can be trusted.
        """
        encoded, name = self._rounded(points), self.checkpoint.name
        pixels = self._examples[: min(points, images)]
        shape = self.checkpoint.model_config.image_shape
        source = MapSource(name, "", encoded, self.checkpoint.class_names, shape, pixels, lambda _: None)
        noise = posterior_noise(self.checkpoint.test_images, encoded.mean.shape[1])[: len(pixels)]
        query = f"?model={name}"
        return [
            Block(f"live/weights{query}", self.weights, item=2 if b'"F16"' in self.weights[:2000] else 4),
            Block(f"live/encoded{query}", encoded_body(source, self._pca), item=4),
            Block(f"live/images{query}", pixels.tobytes()),
            Block(f"live/noise{query}", noise.astype("<f4").tobytes(), item=4),
            *(
                Block(f"live/projections{query}&method={method}&dims={dims}", body, item=4)
                for (method, dims), body in self._projections(encoded, measured).items()
            ),
        ]

    @cached_property
    def _pca(self) -> Pca:
        """Of the whole test set, so that the map lies as it does in the app."""
        return fit_pca(self._encoded.mean, min(max(DIMS), self.checkpoint.model_config.latent_dim))

    def _rounded(self, points: int) -> EncodedSet:
        full = self._encoded
        return EncodedSet(
            mean=halved(full.mean[:points]),
            logvar=_in_steps(full.logvar[:points], LOGVAR_STEPS),
            labels=full.labels[:points],
            reconstruction=_in_steps(full.reconstruction[:points]),
            kl=_in_steps(full.kl[:points]),
            entropy=None if full.entropy is None else _in_steps(full.entropy[:points]),
        )

    def _projections(self, encoded: EncodedSet, measured: bool) -> dict[tuple[str, int], bytes]:
        """The projections that need no computing: of the linear ones only how far they can be trusted."""
        n, latent_dim = encoded.mean.shape
        bodies = dict[tuple[str, int], bytes]()
        for method in METHODS:
            for dims in DIMS if latent_dim > 2 else DIMS[:1]:
                config = ProjectionConfig(method, dims)
                layout = self._layout(config, encoded)
                if layout is not None and latent_dim > 1:
                    trust = quality(encoded.mean, layout, most_pairs=PAIRS) if measured else UNMEASURED
                    sent = None if method in LINEAR else layout
                    bodies[method, dims] = projection_body(self.checkpoint.name, config, n, sent, trust)
        return bodies

    def _layout(self, config: ProjectionConfig, encoded: EncodedSet) -> FloatArray | None:
        if config.method == "raw":
            strength = self.checkpoint.kl_per_dimension or self._encoded.mean.std(axis=0).tolist()
            strongest = sorted(sorted(range(len(strength)), key=lambda i: -strength[i])[: config.dims])
            return encoded.mean[:, strongest]
        if config.method == "pca":
            return self._pca.project(encoded.mean)[:, : config.dims]
        found = self.checkpoint.load_projection(self._encoded, config.method, config.dims)
        return None if found is None else halved(found[: len(encoded.mean)])


def _with_halved_points(data: Json) -> Json:
    """A view's data with the points of its small map rounded, which packs into two thirds of the bytes."""
    points = np.frombuffer(base64.b64decode(str(data["points"])), "<f4")
    return data | {"points": base64.b64encode(halved(points).astype("<f4").tobytes()).decode()}


def _labels(encoded: EncodedSet, checkpoint: Checkpoint) -> str:
    """Of the test images that the file has, as vae.views.compare has all."""
    return base64.b64encode(encoded.labels[: checkpoint.test_images].astype("<u2").tobytes()).decode()


def halved(values: FloatArray) -> FloatArray:
    """The values as float16 can hold them; unchanged where one is too large for it."""
    if np.abs(values).max(initial=0) >= float(np.finfo(np.float16).max):
        return values
    return values.astype(np.float16).astype(np.float32)


def _in_steps(values: FloatArray, steps: int = NATS) -> FloatArray:
    return np.asarray(np.round(values * np.float32(steps)) / np.float32(steps), np.float32)
