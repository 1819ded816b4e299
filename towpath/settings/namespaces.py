"""Namespaces whose pods may pull: which, with which logins, and whose ServiceAccounts hand them out."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from towpath.pull_secrets.label_selector import parse_selector
from towpath.settings.types import AccountName, Line, ResourceName, Section

EACH_AT_MOST = 20
"""With `mode: auto`: up to so many namespaces have a Pulumi resource each."""
OWN = "own"
"""Stands for the stack's own registry among `registries`."""

_GLOB = re.compile(r"[a-z0-9*?\[\]!-]+")
_OBJECT_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def _glob(value: str) -> str:
    if not _GLOB.fullmatch(value):
        raise ValueError("is no pattern for namespaces; use lower-case letters, digits, '-', '*', '?', e.g. team-*")
    return value


def _selector(value: str) -> str:
    parse_selector(value)
    return value


def _object_name(value: str) -> str:
    if not _OBJECT_NAME.fullmatch(value):
        raise ValueError("is no name of an object; use lower-case letters, digits, '-' and '.', e.g. regcred")
    return value


Glob = Annotated[str, AfterValidator(_glob)]
Selector = Annotated[str, AfterValidator(_selector)]
ObjectName = Annotated[str, AfterValidator(_object_name)]


class NamespaceRule(Section):
    """Namespaces that are treated alike. Of several rules that fit a namespace, the first holds."""

    names: tuple[ResourceName, ...] = Field((), description="namespaces by name; they must exist, or see create")
    globs: tuple[Glob, ...] = Field((), description="namespaces whose name fits, e.g. team-*")
    labels: Selector | None = Field(
        None, description="namespaces whose labels fit, as kubectl writes it: tier=web,env in (dev,test),!legacy"
    )
    exclude: tuple[Glob, ...] = Field((), description="namespaces or patterns that globs and labels leave out")
    create: bool = Field(
        False,
        description="make the ones in names that are missing; a destroy removes those that hold nothing of others",
    )
    create_labels: dict[Line, Line] = Field(default_factory=dict, description="labels of namespaces that are made")
    account: AccountName | None = Field(
        None, description="the account of our registry; default: the first for pulling, else the first"
    )
    registries: tuple[Line, ...] | None = Field(
        None,
        description="whose logins go into the secret: own, and keys of external_registries; default: own, or all "
        "external ones where there is no own",
    )
    email: Line | None = Field(None, description="written beside our registry's login, for tools that want one")
    service_accounts: Literal["default", "all"] | tuple[ObjectName, ...] = Field(
        (), description="whose pods get the secret by themselves: default, all, or names; left out: none"
    )
    cdi: bool = Field(
        False, description="also make what DataVolumes of KubeVirt's CDI take: a Secret and a ConfigMap with our CA"
    )

    @model_validator(mode="after")
    def _chooses(self) -> Self:
        if not (self.names or self.globs or self.labels is not None):
            raise ValueError("chooses no namespace; give names, globs or labels")
        if self.create and not self.names:
            raise ValueError("create is for namespaces in names; give some, or take create out")
        if self.create_labels and not self.create:
            raise ValueError("create_labels is for namespaces that are made; set create: true, or take it out")
        if self.registries == ():
            raise ValueError("registries is empty, there would be no secret; name one, or take it out")
        if self.cdi and self.registries is not None and OWN not in self.registries:
            raise ValueError(f"cdi gives DataVolumes our own registry; add {OWN} to registries")
        return self


class Namespaces(Section):
    """Pull secrets in the cluster."""

    secret: ObjectName = Field("regcred", description="name of the Secret in each namespace")
    mode: Literal["auto", "each", "set"] = Field(
        "auto",
        description=f"each: one Pulumi resource a namespace; set: one for all of them; auto: each up to {EACH_AT_MOST} "
        "namespaces. The cluster looks the same",
    )
    adopt: bool = Field(
        False, description="take over a dockerconfigjson Secret of that name which is not ours; a destroy removes it"
    )
    rules: tuple[NamespaceRule, ...] = Field((), description="which namespaces, and what they get")

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [name for rule in self.rules for name in rule.names]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"rules name {', '.join(twice)} twice; keep one of them")
        return self
