"""`python -m lab.cluster`: an API server of one's own on loopback, for as long as the command runs."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from lab.cluster.local_control_plane import NAMESPACE_CONTROLLERS, ControlPlane
from lab.errors import LabError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


@app.callback()
def group() -> None:
    """Keep `apiserver` a command of its own, although it is the only one."""


@app.command()
def apiserver(
    data: Annotated[Path, typer.Option(help="Folder of its keys, data and logs; made if missing, kept afterwards.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
) -> None:
    """Start etcd and kube-apiserver, print where the kubeconfig is, and run until Ctrl-C."""
    # Shells start background jobs with Ctrl-C ignored; an ignored signal would never end the wait.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ControlPlane(data.resolve(), port, NAMESPACE_CONTROLLERS) as control_plane:
        typer.echo(f"export KUBECONFIG={control_plane.kubeconfig}")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def main() -> None:
    """Run the command line; an error of the lab is one line and exit status 1."""
    try:
        app()
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
