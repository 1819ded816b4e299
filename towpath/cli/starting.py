"""The `init` command."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from towpath.doctor.pulumi import project_folder
from towpath.errors import TowpathError
from towpath.settings.files import reader

_NODES = "The nodes, as name=address, blanks between them"


class AnswerError(TowpathError):
    """An answer that cannot be taken."""


def init(  # noqa: PLR0913, PLR0917 a command's options
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="name of the new stack")] = None,
    template: Annotated[
        Path | None, typer.Option("--from", help="ask nothing: copy this file, with the name for ${stack}")
    ] = None,
    nodes: Annotated[list[str] | None, typer.Option("--node", help="name=address; may be given again")] = None,
    ssh_user: Annotated[str | None, typer.Option(help="who logs in to the nodes")] = None,
    ssh_key_file: Annotated[str | None, typer.Option(help="private key; '' for the SSH agent")] = None,
    known_hosts_file: Annotated[str | None, typer.Option(help="host keys of the nodes")] = None,
    proxy: Annotated[str | None, typer.Option(help="http://host:port; '' for none")] = None,
    node_cidr: Annotated[str | None, typer.Option(help="the nodes' network, beside a proxy")] = None,
    registry_host: Annotated[str | None, typer.Option(help="DNS name of the registry; '' for the address")] = None,
    kubeconfig_file: Annotated[str | None, typer.Option(help="of the cluster; '' for none")] = None,
    protected: Annotated[bool | None, typer.Option("--protected/--unprotected", help="as prod should be")] = None,
) -> None:
    """Write the settings of a new stack; asks for what no option says."""
    from towpath.delivery import stack_files  # noqa: PLC0415 the other commands do without
    from towpath.settings import load_settings, starter  # noqa: PLC0415 as above

    project = project_folder(Path.cwd())
    name = stack_files.own_name(_text(stack, "Name of the stack", "dev"))
    if template is not None:
        _done(project, name, stack_files.write_from(project, name, template))
        return
    members = _nodes(nodes or _text(None, _NODES, None).split())
    through = _text(proxy, "Proxy of the nodes, http://host:port (empty: none)", "")
    answers = starter.Answers(
        name,
        members,
        _text(ssh_user, "SSH user", "root"),
        _text(ssh_key_file, "SSH private key file (empty: the SSH agent)", ""),
        _text(known_hosts_file, "File with the nodes' host keys", "stacks/known_hosts"),
        through,
        _text(node_cidr, "Network of the nodes, e.g. 10.0.0.0/24", "") if through else "",
        _text(registry_host, "DNS name of the registry (empty: its node's address)", ""),
        _text(kubeconfig_file, "Kubeconfig file (empty: no cluster)", ""),
        typer.confirm("Protect it (a destroy asks, the state must be shared)?") if protected is None else protected,
    )
    if "@" in through:
        way_out = f"give it without, then: pulumi config set --secret --path 'towpath:proxy.http' --stack {name}"
        raise AnswerError(f"the proxy's login would stand in the file as plain text; {way_out}")
    load_settings(starter.raw(answers), reader(project))
    _done(project, name, stack_files.write_new(project, name, starter.file_text(answers)))


def _text(given: str | None, question: str, default: str | None) -> str:
    if given is not None:
        return given
    try:
        return str(typer.prompt(question, default=default, show_default=bool(default)))
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise AnswerError(f"no answer to {question!r}; without a terminal give it as an option, see --help") from None


def _nodes(texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, _, address = text.partition("=")
        if not (name and address) or name in found:
            raise AnswerError(f"the node {text!r}: write each once, as name=address, e.g. node-1=10.0.0.5")
        found[name] = address
    return found


def _done(project: Path, name: str, path: Path) -> None:
    sys.stdout.write(
        f"{path.relative_to(project)} is written; next: pulumi stack init {name}, make preview STACK={name}\n"
    )
