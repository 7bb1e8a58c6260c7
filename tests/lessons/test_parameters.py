"""What a step's link may say: unknown parameters, and values that do not fit the checkpoint."""

from pathlib import Path

import pytest

from vae.lessons.format.links import parse_link
from vae.lessons.format.parameters import LAST_FRAME, PAGES, problems
from vae.storage.checkpoints import Checkpoint, list_checkpoints
from vae.ui.pages.sampling import CHECKS
from vae.ui.pages.training import selection
from vae.views.interpolation import KEYS
from vae.views.shared.pages import VIEWS

SHIPPED = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture(scope="module")
def shipped() -> dict[str, Checkpoint]:
    return {each.name: each for each in list_checkpoints(SHIPPED) if isinstance(each, Checkpoint)}


@pytest.mark.parametrize(
    "link",
    [
        "Explore?checkpoint=sprites-z6&compare=sprites-z6-tc",
        "Latent_map?checkpoint=mnist-z10&method=t-SNE&image=195",
        "Sampling?checkpoint=mnist-z10-ae&view=two&source=prior&against=class:3",
        "Sampling?checkpoint=mnist-z10&source=image:17&temperature=0.7",
        "Interpolation?checkpoint=mnist-z10&view=ends&from=18&to=61@3&path=spherical&t=0.5",
        "Reconstruction?checkpoint=mnist-z2&compare=mnist-z10,mnist-z10-b4",
        "Compare?checkpoint=mnist-z10-b0.5&image=171&beta=10",
        "Training?film=mnist-z2&beside=mnist-z10-b10&frame=8",
    ],
)
def test_a_link_that_fits_has_no_problem(link: str, shipped: dict[str, Checkpoint]) -> None:
    assert list(problems(parse_link(link), shipped)) == []


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        (
            "Explore?checkpoint=mnist-z2&speed=2",
            "Explore does not know “speed” in a link; it knows class_told,",
        ),
        ("Explore?checkpoint=mnist-z3", "The link names 'mnist-z3', and there is no such checkpoint here."),
        ("Explore?checkpoint=sprites-z6&image=1728", "image is the number of a test image, 0 to 1,727."),
        ("Explore?checkpoint=sprites-z6&compare=mnist-z2", "compare is up to 3 of sprites-z6-tc."),
        ("Latent_map?checkpoint=mnist-z2&method=tsne", "method is Raw or PCA or t-SNE or UMAP."),
        ("Sampling?checkpoint=mnist-z10-ae&source=image:3", "source is prior, aggregate, second, class:0 to class:9"),
        ("Sampling?checkpoint=mnist-z10&temperature=3", "temperature is a number from 0 to 2."),
        ("Interpolation?checkpoint=mnist-z10&from=10000", "from is the number of a test image, 0 to 9,999."),
        ("Compare?checkpoint=mnist-z10-b0.5&beta=2", "beta is 0.5 or 1 or 4 or 10."),
        ("Training?film=mnist-z2&frame=0", "frame is 1 to 999."),
        ("Training?film=mnist-z10", "film is one of fashion-z2, mnist-z10-ae, mnist-z10-b1, mnist-z10-b10, mnist-z2."),
    ],
)
def test_a_link_that_its_page_would_not_show_is_refused(
    link: str, sentence: str, shipped: dict[str, Checkpoint]
) -> None:
    (found,) = problems(parse_link(link), shipped)
    assert sentence in found


def test_every_page_that_a_link_may_name_says_what_it_knows() -> None:
    assert set(PAGES) == {view.address for view in VIEWS}
    assert set(CHECKS) | {"compare"} == set(PAGES["Sampling"])
    assert set(KEYS) | {"compare"} == set(PAGES["Interpolation"])
    assert LAST_FRAME == selection.LAST_FRAME
