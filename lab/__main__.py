"""`python -m lab`: start and stop the lab, and tell what it is doing."""

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from lab import docker_engine, environment, host, state, status
from lab.errors import LabError
from lab.lab import DEFAULT_NODES, Lab
from lab.paths import Paths
from lab.progress import Progress
from lab.topology import MAX_NODES

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def up(
    nodes: Annotated[
        int, typer.Option(min=1, max=MAX_NODES, help="How many nodes there are at least.")
    ] = DEFAULT_NODES,
    cluster: Annotated[
        bool | None, typer.Option(help="Whether the nodes form a Kubernetes cluster; default: as it was.")
    ] = None,
) -> None:
    """Bring up whatever is not up: daemon, networks, proxy, upstream registry, nodes, a cluster if asked for."""
    lab = Lab(Paths(), Progress())
    lab.up(nodes, cluster=cluster)
    lab.progress.say("the lab is up")


@app.command()
def down() -> None:
    """Stop and remove everything of the lab; caches stay."""
    lab = Lab(Paths(), Progress())
    lab.down()
    lab.progress.say("the lab is down")


@app.command("add-node")
def add_node(
    *, containerd2: Annotated[bool, typer.Option(help="With containerd 2 in place of Debian's 1.6.")] = False
) -> None:
    """Bring up one node more and print its name."""
    typer.echo(Lab(Paths(), Progress()).add_node(containerd2=containerd2))


@app.command()
def extras() -> None:
    """Build containerd 2 and crictl, which only some tests need, and print the folder that has them."""
    typer.echo(Lab(Paths(), Progress()).extras().folder)


@app.command("remove-node")
def remove_node(name: Annotated[str, typer.Argument(help="As `lab status` shows it, e.g. node-3.")]) -> None:
    """Remove one node with all that it has."""
    Lab(Paths(), Progress()).remove_node(name)


@app.command("status")
def show_status() -> None:
    """Show every part with its state and address; exit status 1 if one is not up."""
    host.check()
    paths = Paths()
    found = status.parts(paths, docker_engine.locate(paths), state.instance(paths))
    Console().print(status.table(found))
    if not all(part.up for part in found):
        raise typer.Exit(1)


@app.command()
def env() -> None:
    """Print `export` lines for a shell in which docker, crane and skopeo reach the lab."""
    typer.echo(environment.exports(Paths(), os.environ), nl=False)


def main() -> None:
    """Run the command line; an error of the lab is one line and exit status 1."""
    host.complete_path()
    try:
        app()
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
