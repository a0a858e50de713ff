package cli_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"tocsin/cli"
)

// A silent reader tells when it is waited for, and gives nothing until it ends.
type silent struct {
	asked func()
	ends  chan struct{}
}

func (s silent) Read([]byte) (int, error) {
	s.asked()
	<-s.ends
	return 0, io.EOF
}

// Whoever waits for findings that do not come can interrupt it.
func TestExportThatWaitsCanBeInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	in := silent{interrupt, make(chan struct{})}
	defer close(in.ends)
	var out, errs bytes.Buffer
	code := cli.Main(ctx, []string{"export", "cli", "--findings", "-"}, cli.Streams{In: in, Out: &out, Err: &errs, Now: time.Now, Getenv: func(string) string { return "" }})
	if code != 1 || out.Len() > 0 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("exit code %d: %s%s", code, out.String(), errs.String())
	}
}
