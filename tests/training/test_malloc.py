"""What a step frees is there for the next one; counted in pages that Linux hands out."""

import platform
import subprocess
import sys

import pytest

PAGES = """
import resource
import numpy as np
import torch
from vae.training.malloc import keep_freed_memory
from vae.datasets.splits import Split
from vae.model.networks import VAE, default_config
from vae.training.step import Step, TrainingConfig

keep_freed_memory()
keep_freed_memory()  # twice is no more than once
images = np.random.default_rng(0).integers(0, 256, (512, 1, 28, 28), np.uint8)
split = Split(images, np.zeros(512, np.int64))
step = Step(VAE(default_config((1, 28, 28), 20)), split, TrainingConfig(batch_size=512, device="cpu"))
for taken in range(40):
    if taken == 20:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    step(torch.arange(512), (1e-3, 1.0, 0.0, 1.0))
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library, with ways of its own")
def test_what_a_step_frees_is_not_handed_out_anew_to_the_next() -> None:
    done = subprocess.run([sys.executable, "-c", PAGES], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20  # some 1,200 with glibc's own limits
