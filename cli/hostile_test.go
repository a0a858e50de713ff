package cli

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// Whoever can put a file into the folder chooses its name, and what is in it.
func TestHostileFileNames(t *testing.T) {
	t.Chdir(t.TempDir())
	const event = `{"eventVersion":"1.08","eventTime":"2023-07-10T12:00:05Z","eventSource":"cloudtrail.amazonaws.com","eventName":"Stop\u001b[2JLogging","eventID":`
	for name, text := range map[string]string{
		"a\nb.json":             event + `"1"}`,
		"\x1b[31mred\xff.json":  event + `"2"`,
		"\x1b]0;title\x07.json": "no log",
		"\u202ereversed.json":   event + "\"3\x00\"}",
		"c.zip":                 "no archive\x1b[2J",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"scan", "."},
		{"scan", "--json", "."},
		{"search", "", "."},
		{"search", "--output", "csv", "", "."},
		{"search", "--output", "csv", "", "\x1b[31mnothing"},
		{"pattern", "test", "", "a\nb.json"},
		{"pattern", "test", "--lines", "", "\u202ereversed.json"},
		{"pattern", "explain", "--limit", "0", "{ $.eventName = x }", "\x1b[31mred\xff.json"},
		{"scan", "--pack", "\x1b]0;title\x07.json", "."},
		{"scan", "--control", "\x1b[31m", "."},
		{"synth", "--out", "a\nb.json"},
	} {
		var out, errs bytes.Buffer
		Main(t.Context(), args, Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Now: time.Now, Getenv: func(string) string { return "" }})
		if out.Len()+errs.Len() == 0 {
			t.Errorf("%q wrote nothing", args)
		}
		for _, text := range []string{out.String(), errs.String()} {
			if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !printable(r) }); i >= 0 {
				t.Errorf("%q wrote %q", args, text[max(0, i-20):min(len(text), i+20)])
			}
		}
	}
}

// A file without line ends cannot fill the memory.
func TestALineHasAnEnd(t *testing.T) {
	endless := io.LimitReader(readerFunc(func(p []byte) (int, error) {
		copy(p, bytes.Repeat([]byte("x"), len(p)))
		return len(p), nil
	}), 1<<40)
	var out, errs bytes.Buffer
	code := Main(t.Context(), []string{"pattern", "test", "--lines", "x", "-"}, Streams{
		In: io.MultiReader(strings.NewReader("x\n"), endless), Out: &out, Err: &errs, Now: time.Now, Getenv: func(string) string { return "" },
	})
	if code != exitFailed || !strings.HasSuffix(out.String(), "matched 1 of 1\n") || !strings.Contains(errs.String(), "-: line 2 has more than 4,194,304 bytes") {
		t.Errorf("exit code %d, %s, %s", code, out.String(), errs.String())
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
