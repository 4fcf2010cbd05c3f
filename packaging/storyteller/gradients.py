"""One step's gradients, computed by several single-threaded processes."""

from __future__ import annotations

import multiprocessing
import signal
from typing import Any

import torch
from batches import Batches
from network import Network
from torch import Tensor
from training import Recipe

PATIENCE = 900.0  # seconds, more than compiling takes; then a process takes the others for dead and ends


class Workers:
    """Single-threaded processes that share weights and take micro-batches from one counter.

    One thread a process needs no synchronisation inside a step, and a process that is slowed down by other
    work on the machine simply takes fewer micro-batches.
    """

    def __init__(self, network: Network, batches: Batches, recipe: Recipe, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.network = network.share_memory()
        size = sum(parameter.numel() for parameter in network.parameters())
        self.gradients = torch.zeros(count, size).share_memory_()
        self.losses = torch.zeros(recipe.batch // recipe.micro_batch, dtype=torch.float64).share_memory_()
        self.state = context.Array("q", [0, 0])  # step, next micro-batch
        self.barrier = context.Barrier(count, timeout=PATIENCE)
        shared = (self.network, self.gradients, self.losses, self.state, self.barrier, batches, recipe)
        self.compute = Computation(*shared, rank=0)
        self.processes = [
            context.Process(target=work, args=(*shared, rank), daemon=True) for rank in range(1, count)
        ]
        for process in self.processes:
            process.start()

    def step(self, number: int) -> float:
        """Fill the network's gradients for one step; returns the mean loss in nats a token."""
        self.state[0], self.state[1] = number, 0
        self.barrier.wait()
        self.compute.run(number)
        self.barrier.wait()
        for other in self.gradients[1:]:
            self.gradients[0] += other
        return float(self.losses.mean())

    def stop(self) -> None:
        self.state[0] = -1
        self.barrier.wait()
        for process in self.processes:
            process.join()


class Computation:
    """What one process does in a step: loss and gradients of the micro-batches it gets hold of."""

    def __init__(
        self, network: Network, gradients: Tensor, losses: Tensor, state: Any, barrier: Any,
        batches: Batches, recipe: Recipe, rank: int,
    ) -> None:  # fmt: skip
        torch.set_num_threads(1)
        self.losses, self.state, self.barrier = losses, state, barrier
        self.batches, self.recipe, self.gradients = batches, recipe, gradients[rank]
        offset = 0
        for parameter in network.parameters():
            piece = self.gradients[offset : offset + parameter.numel()]
            parameter.grad = piece.view_as(parameter)
            offset += parameter.numel()

        def loss(ids: Tensor, targets: Tensor) -> Tensor:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                result: Tensor = network(ids, targets)
            return result

        self.loss = torch.compile(loss, dynamic=False)

    def run(self, number: int) -> None:
        self.gradients.zero_()
        ids, targets = map(torch.from_numpy, self.batches.step(number))
        size, count = self.recipe.micro_batch, len(self.losses)
        while True:
            with self.state.get_lock():
                turn = self.state[1]
                self.state[1] = turn + 1
            if turn >= count:
                return
            part = slice(turn * size, (turn + 1) * size)
            loss = self.loss(ids[part], targets[part]) / count
            loss.backward()
            self.losses[turn] = loss.item() * count


def work(
    network: Network, gradients: Tensor, losses: Tensor, state: Any, barrier: Any, batches: Batches,
    recipe: Recipe, rank: int,
) -> None:  # fmt: skip
    """The other processes: steps until the main process says stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process says when to stop
    computation = Computation(network, gradients, losses, state, barrier, batches, recipe, rank)
    while True:
        barrier.wait()
        if state[0] < 0:
            return
        computation.run(state[0])
        barrier.wait()
