"""The commands, gathered."""

import sys

import typer

from towpath.cli import delivering, doctor, images, reaping, report, starting
from towpath.errors import TowpathError

app = typer.Typer(
    name="towpath",
    help="Kubernetes image pulling behind a restricted network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(images.app, name="images")
app.command("doctor")(doctor.doctor)
app.command("init")(starting.init)
for command in (delivering.preview, delivering.deploy, delivering.drift, delivering.destroy):
    app.command()(command)
app.command("reap")(reaping.reap)
app.command("report")(report.report)


@app.callback()
def _towpath() -> None:
    """Keep the command line a group, whatever the number of commands."""


def main() -> None:
    """Run; an error that is meant for people is printed as it is, without a trace, and ends with 1."""
    try:
        app(prog_name="python -m towpath")
    except TowpathError as error:
        sys.stderr.write(f"towpath: {error}\n")
        sys.exit(1)
