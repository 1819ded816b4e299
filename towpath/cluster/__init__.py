"""The Kubernetes API of a stack's cluster: kubeconfig → access → client → questions about what runs there."""
