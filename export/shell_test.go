package export

import (
	"os/exec"
	"strings"
	"testing"
)

// bash reads back what was written.
func TestWordsAreReadBackByBash(t *testing.T) {
	if err := exec.Command("bash", "--version").Run(); err != nil {
		t.Skip("bash is not installed")
	}
	want := texts(1000)
	var b strings.Builder
	b.WriteString("set -euo pipefail\n")
	for i, text := range want {
		want[i] = strings.ReplaceAll(text, "\x00", "") // which no word can hold
		b.WriteString("printf '%s\\0' " + sh(text) + "\n")
	}
	cmd := exec.Command("bash")
	cmd.Stdin = strings.NewReader(b.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(got) != len(want) {
		t.Fatalf("%d words, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q was written as %s and read as %q", want[i], sh(want[i]), got[i])
		}
	}
}
