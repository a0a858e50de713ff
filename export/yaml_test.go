package export

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// A reader of YAML reads back what was written.
func TestTextsAreReadBackFromYAML(t *testing.T) {
	want := texts(2000)
	var b strings.Builder
	for _, text := range want {
		b.WriteString("- value: " + yamlText(text) + "\n")
	}
	var got []struct{ Value any }
	if err := yaml.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Value != any(want[i]) {
			t.Errorf("%q was written as %s and read as %#v", want[i], yamlText(want[i]), got[i].Value)
		}
	}
}
