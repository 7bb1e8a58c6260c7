"""Several processes that train one model together, as `torchrun` starts them; a lone process is a group of one.

Each takes its share of every batch, so beta-tc, free bits and capacity, which look at a batch as a whole, look at the
share; so do batch normalisation and the optimal sigma, whose running averages are those of the process that saves.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True)
class Group:
    """This process's place among those that train together: rank 0 of 1 where it is alone."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that reports and writes."""
        return self.rank == 0

    def shard(self, batch: Tensor) -> Tensor:
        """This process's part of a batch that all know: every size-th row."""
        return batch[self.rank :: self.size]

    def average_gradients(self, parameters: Iterable[Tensor], weight: float) -> None:
        """Replaces each gradient by the weighted sum over the group, in one message; weights add up to 1.

        Raises ConnectionError when another process of the group has gone.
        """
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        message = self.total(torch.cat([gradient.flatten() for gradient in gradients]).mul_(weight))
        parts = torch.split(message, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def total(self, x: Tensor) -> Tensor:
        """The sum over the group; x itself where this process is alone. Raises as average_gradients does."""
        if self.size > 1:
            try:
                distributed.all_reduce(x)
            except RuntimeError as error:  # whose text is for those who know gloo or NCCL
                raise ConnectionError("Another process of the group has gone.") from error
        return x


@contextmanager
def joined(device: str) -> Iterator[Group]:
    """Joins the group that torchrun's environment variables name: over NCCL where all train on GPUs, else over gloo."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Group()
        return
    on_gpu = device in ("auto", "cuda") and torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield Group(distributed.get_rank(), distributed.get_world_size())
        distributed.barrier()  # a process that ends while another still talks to it may be aborted on its way out
    finally:
        distributed.destroy_process_group()
