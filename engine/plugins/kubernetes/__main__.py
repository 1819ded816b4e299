"""Serves the `kubernetes` plugin: `python -m engine.plugins.kubernetes [ENGINE ADDRESS]`."""

from engine.plugins.kubernetes.package import KubernetesPackage
from engine.plugins.kubernetes.servicer import KubernetesServicer
from engine.plugins.serve import main

if __name__ == "__main__":
    main(KubernetesPackage(), KubernetesServicer)
