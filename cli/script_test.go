package cli_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tocsin/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tocsin": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		s := cli.Standard()
		if now := os.Getenv("TEST_NOW"); now != "" {
			t, err := time.Parse(time.RFC3339, now)
			if err != nil {
				panic(err)
			}
			s.Now = func() time.Time { return t }
		}
		os.Exit(cli.Main(ctx, os.Args[1:], s))
	}, "steady": steady})
}

// steady copies standard input with all that depends on the machine's speed
// written as 1 ms.
func steady() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	fmt.Print(regexp.MustCompile(`[\d.]+ m?s( \([\d.]+ .?B/s\))?`).ReplaceAllString(string(text), "1 ms"))
}

var update = flag.Bool("update", false, "rewrite what the scripts compare with")

// TestScripts runs the commands as a user does; testdata/script has a file for
// each. "status N" asserts the exit code of what follows.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireUniqueNames:  true,
		RequireExplicitExec: false,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"bytes":  writeBytes,
			"gzip":   writeGzip,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("ESC", "\x1b")
			env.Setenv("GORACE", "atexit_sleep_ms=0") // or the race detector waits a second at each exit
			env.Setenv("TZ", "America/New_York")      // all times are UTC all the same
			return nil
		},
		Condition: func(cond string) (bool, error) {
			return cond == "root" && os.Getuid() == 0, nil
		},
	})
}

// status runs a command and asserts its exit code: status 2 tocsin scan.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE command [arg...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := err.(interface{ ExitCode() int }); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// writeBytes writes a file of a text with Go's escapes: bytes crlf.log 'a\r\n'.
func writeBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bytes FILE TEXT")
	}
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(args[1], `"`, `\"`) + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// writeGzip compresses a file, and leaves off the last bytes: gzip FROM TO [BYTES].
func writeGzip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: gzip FROM TO [BYTES]")
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(z.Close())
	left := 0
	if len(args) == 3 {
		left, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes()[:b.Len()-left], 0o644))
}
