"""The lab's Kubernetes cluster: a real control plane in a container, real kubelets in the lab's nodes."""
