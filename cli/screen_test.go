package cli

import (
	"bytes"
	"os"
	"testing"
)

func TestColourOnlyWhereItIsWanted(t *testing.T) {
	for _, row := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, true},
		{map[string]string{"TERM": "xterm-256color"}, true},
		{map[string]string{"NO_COLOR": "1"}, false},
		{map[string]string{"NO_COLOR": ""}, true},
		{map[string]string{"TERM": "dumb"}, false},
	} {
		if got := wantsColour(func(name string) string { return row.env[name] }); got != row.want {
			t.Errorf("with %v: %v", row.env, got)
		}
	}
	sc := screen{colour: true}
	if got, want := sc.paint(red, "x"), "\x1b[31mx\x1b[0m"; got != want {
		t.Errorf("painted %q, want %q", got, want)
	}
}

func TestPipeAndFileArePlain(t *testing.T) {
	none := func(string) string { return "" }
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	want := screen{width: plainWidth, steady: true}
	if got := newScreen(&bytes.Buffer{}, none); got != want {
		t.Errorf("a buffer: %+v", got)
	}
	if got := newScreen(file, none); got != want {
		t.Errorf("a file: %+v", got)
	}
	for columns, want := range map[string]int{"120": 120, "10": 40, "many": plainWidth, "-5": plainWidth} {
		if got := newScreen(file, func(string) string { return columns }).width; got != want {
			t.Errorf("COLUMNS=%s: width %d, want %d", columns, got, want)
		}
	}
}
