"""`PullSecrets`: what lets pods of chosen namespaces pull, and ServiceAccounts that hand it to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pulumi

from components.dynamic.pull_secret_set import PullSecretSet
from components.dynamic.pull_secrets_outcome import PullSecretsOutcome
from components.dynamic.service_account_entries import ServiceAccountEntries
from components.kubernetes_object import kubernetes_object
from components.kubernetes_provider import KubernetesCluster
from towpath.accounts.choice import pulling_account
from towpath.pull_secrets.docker_config import docker_config_json
from towpath.pull_secrets.manifests import pull_secret
from towpath.pull_secrets.survey import AskedSurvey, Survey
from towpath.settings.accounts import Account
from towpath.settings.namespace_rules import registries_of
from towpath.settings.namespaces import OWN, NamespaceRule, Namespaces

Login = Mapping[str, str]


@dataclass(frozen=True)
class PullSecretsArgs:
    """Who may pull, from where, and as whom."""

    settings: Namespaces
    asked: AskedSurvey
    """Which namespaces there are; waited for."""
    cluster: KubernetesCluster
    accounts: Sequence[Account] = ()
    registry: str | None = None
    """Our own, `HOST:PORT`; None: there is none."""
    logins: pulumi.Output[dict[str, dict[str, str]]] | None = None
    """Account of our own registry → `{"username", "password"}`, secret."""
    external: Mapping[str, pulumi.Output[dict[str, str]]] = field(default_factory=dict)
    """Host → `{"username", "password"}`, perhaps `"email"`; secret."""
    ca_pem: pulumi.Input[str] = ""
    """What signed our registry's certificate."""


class PullSecrets(pulumi.ComponentResource):
    """Secrets in namespaces, each a Pulumi resource or all of them one, with the same result; then ServiceAccounts.

    Does not restart pods: those that wait for an image try again by themselves.
    """

    consumers: list[pulumi.Resource]
    """All that hand a login on; once they are done, the one before may be withdrawn."""
    namespaces: list[str]
    """Those chosen, by name."""

    def __init__(self, name: str, args: PullSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Serve the namespaces that the cluster has now. Raises ClusterError, KubeconfigError and SshError."""
        super().__init__("towpath:index:PullSecrets", name, {}, opts)
        self._name, self._args = name, args
        survey = args.asked.result()
        self.namespaces = [chosen.name for chosen in survey.chosen]
        for namespace, why in survey.refused.items():
            pulumi.log.warn(f"namespace {namespace} cannot be served: {why}", self)
        used = sorted({chosen.rule for chosen in survey.chosen})
        contents = {str(number): self._content(args.settings.rules[number]) for number in used}
        one_by_one = survey.one_by_one(args.settings)
        holder = self._set(survey, contents, one_by_one=one_by_one)
        secrets = self._secrets(survey, contents, holder) if one_by_one else []
        entries = self._entries(survey, [holder, *secrets])
        failed = pulumi.Output.all(holder.failed, entries.failed).apply(_merged)
        outcome = PullSecretsOutcome(
            f"{name}-outcome", failed, pulumi.ResourceOptions(parent=self, depends_on=[*secrets])
        )
        self.consumers = [holder, *secrets, entries, outcome]
        self.register_outputs({"secret": args.settings.secret, "namespaces": self.namespaces})

    def _content(self, rule: NamespaceRule) -> pulumi.Output[dict[str, str]]:
        args = self._args
        hosts = registries_of(rule, args.external, has_registry=args.registry is not None)
        logins = {host: args.external[host] for host in hosts if host != OWN}
        own = args.registry if OWN in hosts else None
        if own and args.logins is not None:
            account = rule.account or pulling_account(args.accounts)
            logins[own] = args.logins.apply(partial(_login, account, rule.email))
        every = pulumi.Output.all(*logins.values())
        return pulumi.Output.secret(every.apply(partial(_rendered, list(logins), own)))

    def _set(
        self, survey: Survey, contents: Mapping[str, pulumi.Output[dict[str, str]]], *, one_by_one: bool
    ) -> PullSecretSet:
        args = self._args
        rules = args.settings.rules
        return PullSecretSet(
            f"{self._name}-set",
            {
                "access": pulumi.Output.secret(args.asked.access.to_record()),
                "contents": pulumi.Output.secret(pulumi.Output.all(**contents)),
                "secret_name": args.settings.secret,
                "owner": args.asked.owner,
                "adopt": args.settings.adopt,
                "applies": not one_by_one,
                "ca_pem": args.ca_pem,
                "namespaces": {
                    chosen.name: _entry(rules[chosen.rule], chosen.name, chosen.rule) for chosen in survey.chosen
                },
                "refused": dict(survey.refused) if one_by_one else {},
            },
            pulumi.ResourceOptions(parent=self),
        )

    def _secrets(
        self, survey: Survey, contents: Mapping[str, pulumi.Output[dict[str, str]]], holder: PullSecretSet
    ) -> list[pulumi.Resource]:
        """Register a Secret a namespace. Pulumi lets go of them without deleting: the set does that, for both ways."""
        args, made = self._args, list[pulumi.Resource]()
        options = pulumi.ResourceOptions(
            parent=self, provider=args.cluster.taking_over, depends_on=[holder], retain_on_delete=True
        )
        for chosen in survey.chosen:
            if chosen.name in survey.refused:
                continue
            manifest = pull_secret(args.settings.secret, chosen.name, args.asked.owner, "")
            # Else a change could not be set where the set resource had applied it before.
            annotations = {"annotations": {"pulumi.com/patchForce": "true"}}
            wanted = {**manifest, "metadata": {**manifest["metadata"], **annotations}}
            data = {"data": contents[str(chosen.rule)].apply(partial(_data, manifest))}
            made.append(kubernetes_object(f"{self._name}-{chosen.name}", wanted, options, data))
        return made

    def _entries(self, survey: Survey, after: Sequence[pulumi.Resource]) -> ServiceAccountEntries:
        args = self._args
        return ServiceAccountEntries(
            f"{self._name}-accounts",
            {
                "access": pulumi.Output.secret(args.asked.access.to_record()),
                "secret_name": args.settings.secret,
                "owner": args.asked.owner,
                "accounts": {name: list(each) for name, each in survey.accounts.items()},
            },
            pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )


def _entry(rule: NamespaceRule, name: str, number: int) -> dict[str, Any]:
    # What does not hold is left out: each value goes through the engine several times, for thousands of namespaces.
    entry: dict[str, Any] = {"content": str(number)}
    if rule.cdi:
        entry["cdi"] = True
    if rule.create and name in rule.names:
        entry |= {"create": True, "labels": rule.create_labels}
    return entry


def _login(account: str, email: str | None, logins: Mapping[str, Login]) -> dict[str, str]:
    return {**logins[account], **({"email": email} if email else {})}


def _rendered(hosts: Sequence[str], own: str | None, logins: Sequence[Login]) -> dict[str, str]:
    by_host = dict(zip(hosts, logins, strict=True))
    login = by_host.get(own or "") or {"username": "", "password": ""}
    config = docker_config_json(by_host)
    return {"config": config, "username": login["username"], "password": login["password"]}


def _data(manifest: Mapping[str, Any], content: Mapping[str, str]) -> dict[str, str]:
    metadata = manifest["metadata"]
    filled = pull_secret(metadata["name"], metadata["namespace"], "", content["config"])
    data: dict[str, str] = filled["data"]
    return data


def _merged(parts: Sequence[Mapping[str, str] | None]) -> dict[str, str]:
    """Join what failed; a namespace whose Secret failed needs no word on its ServiceAccounts."""
    return {name: text for part in reversed(parts) for name, text in (part or {}).items()}
