// Package pulling declares a node that pulls from a private registry on it.
package pulling

import (
	"example.com/pulumi-towpath/sdk/go/towpath"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// Declare makes the node's environment. The groups and their keys are those of docs/settings.md.
func Declare(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")
	environment, err := towpath.NewEnvironment(ctx, "pulling", &towpath.EnvironmentArgs{
		Nodes: pulumi.Map{
			"ssh": pulumi.Map{
				"private_key_file": pulumi.String(settings.Require("private_key_file")),
				"known_hosts_file": pulumi.String(settings.Require("known_hosts_file")),
			},
			"setup":   pulumi.Map{"runtimes": pulumi.ToStringArray([]string{"docker", "containerd"})},
			"members": pulumi.Map{"build-1": pulumi.Map{"address": pulumi.String(settings.Require("address"))}},
		},
		Registry: pulumi.Map{
			"port":           pulumi.Int(settings.RequireInt("port")),
			"container":      pulumi.String("registry-go"),
			"storage_folder": pulumi.String("/data/registry-go"),
			"config_folder":  pulumi.String("/etc/towpath/registry-go"),
		},
		Accounts: pulumi.MapArray{
			pulumi.Map{
				"name":     pulumi.String("ci"),
				"role":     pulumi.String("push"),
				"password": settings.RequireSecret("password"),
			},
			pulumi.Map{"name": pulumi.String("team-a")},
		},
	})
	if err != nil {
		return err
	}
	ctx.Export("registry", environment.Registry)
	ctx.Export("credentials", environment.Credentials)
	return nil
}
