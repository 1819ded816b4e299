// The program that `pulumi up` runs where Pulumi's own host of Go programs is installed.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"pulling-go/pulling"
)

func main() {
	pulumi.Run(pulling.Declare)
}
