"""The command line: python -m vae COMMAND; vae.commands has the commands."""

import argparse
import json
import sys
from collections.abc import Callable

from vae.commands import benchmarks, data, files, lessons, measuring, sweeping, training
from vae.commands.options import Result
from vae.datasets.pictures import DataError
from vae.jobs.nice import lower_priority
from vae.jobs.run import RunError
from vae.storage.files import CheckpointError
from vae.training.malloc import keep_freed_memory
from vae.training.trainer import TrainingError


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0, or 1 after one sentence on standard error."""
    args = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], Result | list[Result]] = args.command
    try:
        result = command(args)
    except (CheckpointError, DataError, ValueError, TrainingError, RunError, ConnectionError) as error:
        print(f"vae {args.name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"vae {args.name}: stopped", file=sys.stderr)
        return 130
    if args.json and result:
        print(json.dumps(result))
    return 0


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; its defaults are those of the configs."""
    top = argparse.ArgumentParser(prog="python -m vae", description="Train and measure variational autoencoders.")
    commands = top.add_subparsers(dest="name", required=True)
    for module in (data, training, sweeping, measuring, files, lessons, benchmarks):
        module.add_commands(commands)
    return top


if __name__ == "__main__":
    if sys.argv[1:2] == ["train"]:
        lower_priority()  # live decoding of an app on this machine goes first
        keep_freed_memory()
    sys.exit(main())
