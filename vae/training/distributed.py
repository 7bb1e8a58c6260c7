"""Several processes that train one model together, as `torchrun` starts them; a lone process is a group of one.

Each takes a shard of every batch. beta-tc, free bits and capacity, which look at a batch as a whole, look at the shard;
so do batch normalisation and the optimal sigma, whose running averages are those of the process that saves.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True)
class ProcessGroup:
    """This process among those that train together: rank 0 of world_size 1 where it is alone."""

    rank: int = 0
    world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this is the process that reports and writes."""
        return self.rank == 0

    def shard(self, batch: Tensor) -> Tensor:
        """This process's part of a batch that is the same in all: every world_size-th row."""
        return batch[self.rank :: self.world_size]

    def average_gradients(self, parameters: Iterable[Tensor], weight: float) -> None:
        """Replaces each gradient by the weighted sum over the group, in one message; the weights add up to 1.

        Raises ConnectionError when another process of the group has ended.
        """
        if self.world_size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        message = self.all_reduce(torch.cat([gradient.flatten() for gradient in gradients]).mul_(weight))
        parts = torch.split(message, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def all_reduce(self, x: Tensor) -> Tensor:
        """The sum over the group, in place; x as it is where this process is alone. Raises as average_gradients."""
        if self.world_size > 1:
            try:
                distributed.all_reduce(x)
            except RuntimeError as error:  # its text is about gloo or NCCL
                raise ConnectionError("Another process of the group has gone.") from error
        return x


@contextmanager
def process_group(device: str) -> Iterator[ProcessGroup]:
    """Joins the group of torchrun's environment variables: over NCCL where all train on GPUs, else over gloo."""
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    if world_size == 1:
        yield ProcessGroup()
        return
    on_gpu = device in ("auto", "cuda") and torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield ProcessGroup(distributed.get_rank(), distributed.get_world_size())
        distributed.barrier()  # a process that ends while another still talks to it may be aborted on its way out
    finally:
        distributed.destroy_process_group()
