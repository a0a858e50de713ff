package imports

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// docs/dependencies.md tells the version of each module that go.mod requires directly.
func TestDependenciesAreDocumented(t *testing.T) {
	root := filepath.Join("..", "..")
	required, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, " | "); len(cells) == 4 && strings.Contains(cells[0], "/") {
			told[strings.TrimPrefix(cells[0], "| ")] = cells[1]
		}
	}
	if len(told) < 10 {
		t.Fatalf("docs/dependencies.md names %d modules: its tables were not found", len(told))
	}
	versions := map[string]string{}
	for line := range strings.Lines(string(required)) {
		fields := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(fields) < 2 || !strings.HasPrefix(fields[1], "v") {
			continue
		}
		versions[fields[0]] = fields[1]
		if !strings.Contains(line, "// indirect") && told[fields[0]] == "" {
			t.Errorf("docs/dependencies.md does not tell of %s", fields[0])
		}
	}
	for module, version := range told {
		if versions[module] != version {
			t.Errorf("docs/dependencies.md says %s %s, go.mod has %q", module, version, versions[module])
		}
	}
}
