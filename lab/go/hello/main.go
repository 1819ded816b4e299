// hello is the smallest image to push and pull: it prints one line; with an argument it then waits to be stopped.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// version tells the seeded images apart; the build sets it.
var version = "1"

func main() {
	fmt.Println("hello from towpath, version", version)
	if len(os.Args) > 1 {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
		<-stop
	}
}
