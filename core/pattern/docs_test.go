package pattern

import (
	"os"
	"strings"
	"testing"
)

// TestDocs parses the examples of docs/patterns.md.
func TestDocs(t *testing.T) {
	raw, err := os.ReadFile("../../docs/patterns.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for i, block := range strings.Split(string(raw), "```pattern\n") {
		if i == 0 {
			continue
		}
		block, _, _ = strings.Cut(block, "```")
		for line := range strings.Lines(block) {
			examples++
			mustParse(t, strings.TrimSuffix(line, "\n"))
		}
	}
	if examples < 10 {
		t.Errorf("only %d examples found", examples)
	}
}
