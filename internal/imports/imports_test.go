// Package imports holds the table of allowed imports: the arrows of
// docs/architecture.md, which point down only.
package imports

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// allowed tells for each folder which of our folders its files may import.
// "core" stands for all of core/...; a new arrow needs a line here and a reason
// in the commit that draws it.
var allowed = map[string][]string{
	"cmd":          {"cli"},
	"cli":          {"app", "flow", "source", "synth", "core"},
	"app":          {"flow", "source", "core"},
	"flow":         {"source", "core"},
	"source":       {"core"},
	"synth":        {},
	"core/event":   {},
	"core/spell":   {},
	"core/pattern": {"core/event", "core/pattern", "core/spell"},
	"core/metric":  {"core/event", "core/pattern"},
	"core/alarm":   {"core/metric"},
	"core/control": {"core/event", "core/pattern", "core/metric", "core/alarm", "core/spell"},
	"core/topic":   {},
	"core/gunzip":  {},
	"core/digest":  {"core/event"},
	"bench":        {"synth", "flow", "source", "core", "app"},
	"internal":     {},
	"examples":     {"synth"},
}

// testsMay adds what the tests of a folder may import on top.
var testsMay = map[string][]string{
	"core/control": {"app"},
	"examples":     {"app", "core"},
	"bench":        {"cli"},
	"cli":          {"internal"},
	"flow":         {"internal", "synth"},
	"source":       {"internal"},
	"app":          {"examples"},
}

// coreMay lists what else core may import besides the standard library: nothing.
// Tests of core may compare and generate.
var coreTestsMay = []string{"github.com/google/go-cmp/", "pgregory.net/rapid"}

// neverInCore are standard packages that touch the world.
var neverInCore = []string{"os", "net", "net/http", "log", "log/slog", "os/exec", "io/ioutil", "sync", "math/rand", "math/rand/v2"}

func TestImportsPointDown(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel == "tools" || rel != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "out" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		files++
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			checkImport(t, rel, strings.Trim(spec.Path.Value, `"`))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Fatalf("looked at %d files: the walk did not find the tree", files)
	}
}

// checkImport reports an arrow that the table does not hold.
func checkImport(t *testing.T, file, imported string) {
	t.Helper()
	isTest := strings.HasSuffix(file, "_test.go")
	from := folder(file)
	inner, ours := strings.CutPrefix(imported, "tocsin/")
	switch {
	case ours:
		to := folder(inner + "/x.go")
		if from == to {
			return
		}
		may, known := allowed[from]
		if !known {
			t.Errorf("%s: folder %s is not in the table of allowed imports", file, from)
			return
		}
		if isTest {
			may = append(slices.Clone(may), testsMay[from]...)
		}
		if !slices.ContainsFunc(may, func(m string) bool { return to == m || strings.HasPrefix(to, m+"/") }) {
			t.Errorf("%s imports %s: %s may import only %v", file, imported, from, may)
		}
	case strings.HasPrefix(from, "core/") && strings.Contains(strings.SplitN(imported, "/", 2)[0], "."):
		if !isTest || !slices.ContainsFunc(coreTestsMay, func(m string) bool { return strings.HasPrefix(imported, m) }) {
			t.Errorf("%s imports %s: core stands on the standard library alone", file, imported)
		}
	case strings.HasPrefix(from, "core/") && !isTest && !strings.Contains(file, "/internal/"):
		if slices.Contains(neverInCore, imported) {
			t.Errorf("%s imports %s: core does not touch the world", file, imported)
		}
	}
}

// folder is the part of a file's path that the table speaks of: the first
// segment, or the first two below core.
func folder(file string) string {
	parts := strings.Split(file, "/")
	if parts[0] == "core" && len(parts) > 2 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// maxLines is the length that a file holding one idea does not reach.
const maxLines = 600
