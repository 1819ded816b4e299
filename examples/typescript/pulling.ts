// A node that pulls from a private registry on it. The groups and their keys are those of docs/settings.md.
import * as pulumi from "@pulumi/pulumi";
import * as towpath from "./sdk/nodejs";

export function declare() {
  const settings = new pulumi.Config();
  const environment = new towpath.Environment("pulling", {
    nodes: {
      ssh: {
        private_key_file: settings.require("private_key_file"),
        known_hosts_file: settings.require("known_hosts_file"),
      },
      setup: { runtimes: ["docker", "containerd"] },
      members: { "build-1": { address: settings.require("address") } },
    },
    registry: {
      port: settings.requireNumber("port"),
      container: "registry-typescript",
      storage_folder: "/data/registry-typescript",
      config_folder: "/etc/towpath/registry-typescript",
    },
    accounts: [
      { name: "ci", role: "push", password: settings.requireSecret("password") },
      { name: "team-a" },
    ],
  });
  return { registry: environment.registry, credentials: environment.credentials };
}
