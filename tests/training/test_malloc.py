"""A step reuses the memory that the previous one freed; counted in page faults."""

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
from vae.training.config import ScheduledValues, TrainingConfig
from vae.training.step import Step

keep_freed_memory()
keep_freed_memory()  # a second call changes nothing
images = np.random.default_rng(0).integers(0, 256, (512, 1, 28, 28), np.uint8)
split = Split(images, np.zeros(512, np.int64))
step = Step(VAE(default_config((1, 28, 28), 20)), split, TrainingConfig(batch_size=512, device="cpu"))
for taken in range(40):
    if taken == 20:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    step(torch.arange(512), ScheduledValues(1e-3, 1.0, 0.0, 1.0))
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 20)
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_a_step_reuses_the_memory_that_the_previous_one_freed() -> None:
    done = subprocess.run([sys.executable, "-c", PAGES], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20  # some 1,200 with glibc's defaults
