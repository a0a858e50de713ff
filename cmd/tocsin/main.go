// Tocsin is the AWS security-alarm chain in one binary; see package cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	// The time zones of mute rules, where the system has none: in our image, on Windows.
	_ "time/tzdata"

	"tocsin/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the default is back, so that a second one ends the
	// program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Main(ctx, os.Args[1:], cli.Standard()))
}
