package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tocsin/synth"
)

func TestLocale(t *testing.T) {
	for _, row := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"LANG": "C"}, true},
		{map[string]string{"LANG": "POSIX"}, true},
		{map[string]string{"LANG": "C.UTF-8"}, false},
		{map[string]string{"LANG": "en_US.utf8"}, false},
		{map[string]string{"LANG": "sr_RS.UTF-8@latin"}, false},
		{map[string]string{"LANG": "de_DE.ISO-8859-1"}, true},
		{map[string]string{"LANG": "de_DE.iso885915@euro"}, true},
		{map[string]string{"LANG": "de_DE"}, false}, // it does not say
		{map[string]string{"LC_CTYPE": "UTF-8"}, false},
		{map[string]string{"LC_CTYPE": "C", "LANG": "de_DE.UTF-8"}, true},
		{map[string]string{"LC_ALL": "de_DE.UTF-8", "LC_CTYPE": "C"}, false},
		{map[string]string{"LC_ALL": "", "LANG": "C"}, true},
	} {
		if got := wantsASCII(func(name string) string { return row.env[name] }); got != row.want {
			t.Errorf("with %v: %v", row.env, got)
		}
	}
}

// Every drawing keeps its width, and nothing but ASCII is left of it.
func TestASCIIKeepsTheWidth(t *testing.T) {
	for r := range inASCII {
		if width(string(r)) != 1 {
			t.Errorf("%c is %d columns wide", r, width(string(r)))
		}
	}
	var out bytes.Buffer
	const text = "a▁█─…é\xff\U0001F600\n"
	if n, err := (&asciiWriter{&out}).Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got, want := out.String(), `a.#-~\u00e9\xff\U0001f600`+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEveryCommandKnowsASCII(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := synth.WriteDir("trail", synth.Options{Events: 600, Story: "takeover", Seed: 3}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"scan", "--pack", "all", "trail"},
		{"search", "", "trail"},
		{"search", "{ $.eventName = é", "trail"},
		{"search", "", "é"},
		{"pattern", "test", "", "trail"},
		{"pattern", "explain", `{ ($.eventName = "é…") && ($.awsRegion != x) }`, "trail"},
		{"pattern", "lint", "--pack", "cis:3.0.0"},
		{"scan", "--help"},
		{"synth", "--out", "é"},
	} {
		var out, errs bytes.Buffer
		Main(t.Context(), args, Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Now: time.Now, Getenv: func(name string) string {
			return map[string]string{"LC_ALL": "C"}[name]
		}})
		if out.Len()+errs.Len() == 0 {
			t.Errorf("%q wrote nothing", args)
		}
		for _, text := range []string{out.String(), errs.String()} {
			if i := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }); i >= 0 {
				t.Errorf("%q wrote %q", args, text[max(0, i-20):min(len(text), i+20)])
			}
		}
	}
}
