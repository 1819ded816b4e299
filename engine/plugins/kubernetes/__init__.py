"""The `kubernetes` package of Pulumi: any object of an API server, by the apiVersion and kind in its type token.

The contract is that of the official plugin 4.34.2: names, defaults, secrets, state keys, replacement rules, waiting and
messages, as its documentation and public source describe them. There is no recorded traffic of it to compare with.

    settings, kubeconfig, exec_credential      which cluster, and as whom
    client, discovery, cluster                 requests, kinds, a cluster that may be out of reach
    names, normalisation, pruning, differences, immutable, managed_fields, secret_marks, checkpoint
                                               the pure core: objects in, objects out
    readiness/                                 judgements on live objects, pure as well
    check, creation, update, reading, deletion, kube_resource
                                               what the engine asks for

It deliberately differs in this:

* A field manager takes fields over from its own earlier writes and from `kubectl apply`, not from `kubectl label`,
  `edit` or `scale`: what those set is another's.
* Secrets and ConfigMaps own nothing, so they are deleted in the background; all else in the foreground.
* A Service waits for ready endpoints, without ten more seconds, and without a selector for none.
* What a dry run makes up (uid, clusterIP, nodePort of a new object) is unknown in a preview instead of a wrong value.
* Requests the server could not serve (429, 5xx, a broken connection) are repeated.
* A request's warnings from the server are shown, unless `suppressDeprecationWarnings` is set.
* YAML rendering, Helm, Kustomize, functions and client-side apply are not provided; each is a clear error.
"""
