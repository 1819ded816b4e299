"""Waiting until an object is ready, by its rule, while its state is shown."""

from engine.plugins.kubernetes.api import Api
from engine.plugins.kubernetes.documents import name_in, namespace_in
from engine.plugins.kubernetes.errors import ApiError, KubernetesError, NoSuchKindError
from engine.plugins.kubernetes.gvk import GroupVersionKind, KubeObject
from engine.plugins.kubernetes.operation import Operation
from engine.plugins.kubernetes.pause import Pause
from engine.plugins.kubernetes.readiness import Related, Rule, Verdict


class NotReadyError(KubernetesError):
    """The object is there, but not ready.

    Attributes:
        document: the object as it was last seen.
        problems: what is wrong with it, one text each.

    """

    def __init__(self, message: str, document: KubeObject, problems: tuple[str, ...]) -> None:
        super().__init__(message)
        self.document = document
        self.problems = problems


def wait_until_ready(
    operation: Operation, gvk: GroupVersionKind, document: KubeObject, rule: Rule, timeout_seconds: float
) -> KubeObject:
    """Return the object as soon as it is ready; at once if ``document``, just answered by the server, already is.

    Raises:
        NotReadyError: it failed, the time was up, or the engine cancelled.
        ApiError: it is gone.

    """
    api, namespace, name = operation.api, namespace_in(document), name_in(document)
    pause = Pause(operation.call.cancelled, timeout_seconds)
    verdict = judge(api, document, rule)
    while not verdict.ready:
        operation.status(_shown(verdict))
        if verdict.failed:
            raise NotReadyError(f"Resource {name!r} was created but failed to initialize", document, verdict.problems)
        if not pause.wait():
            end = "was cancelled" if operation.call.cancelled.is_set() else "timed out waiting to be Ready"
            raise NotReadyError(f"{name!r} {end}", document, verdict.problems)
        document = api.get(gvk, namespace, name)
        verdict = judge(api, document, rule)
    if pause.waited:
        operation.status("")
    return document


def judge(api: Api, document: KubeObject, rule: Rule) -> Verdict:
    """Judge the object as it is; what may not be read beside it is taken as not there."""
    return rule.judge(document, _related(api, document, rule))


def _related(api: Api, document: KubeObject, rule: Rule) -> Related:
    found: dict[str, list[KubeObject]] = {}
    for name, query in rule.queries.items():
        selector = query.selector(document)
        if selector is None:
            continue
        try:
            found[name] = api.select(query.gvk, namespace_in(document), selector)
        except (ApiError, NoSuchKindError):
            found[name] = []
    return found


def _shown(verdict: Verdict) -> str:
    """Return what a person wants to see: what a pod itself says is wrong is worth more than a count."""
    return next((problem for problem in verdict.problems if problem.startswith("[Pod")), verdict.status)
