// Package imports holds the table of allowed imports: the arrows of
// docs/architecture.md, which point down only.
package imports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// allowed tells for each folder which of our folders its files may import.
// "core" stands for all of core/...; a new arrow needs a line here and a reason
// in the commit that draws it.
var allowed = map[string][]string{
	"cmd":                 {"cli"},
	"cli":                 {"app", "audit", "export", "web", "flow", "source", "synth", "core", "store", "notify", "internal/sdkhttp"},
	"app":                 {"web", "wire", "service", "flow", "source", "store", "notify", "core"},
	"web":                 {"wire", "store", "core"},
	"flow":                {"source", "store", "notify", "core", "internal/crash"},
	"source":              {"core", "internal/crash", "internal/s3list", "internal/sdkhttp"},
	"store":               {"core", "internal/crash", "internal/s3list", "internal/sdkhttp"},
	"notify":              {"core", "internal/sdkhttp"},
	"wire":                {},
	"service":             {"store", "notify", "core", "wire", "internal/crash", "internal/sdkhttp"},
	"synth":               {},
	"core/event":          {},
	"core/excerpt":        {},
	"core/junit":          {},
	"core/spell":          {},
	"core/gunzip":         {},
	"core/pattern":        {"core/event", "core/excerpt", "core/spell"},
	"core/metric":         {"core/event", "core/pattern"},
	"core/alarm":          {"core/metric", "core/excerpt"},
	"core/control":        {"core/event", "core/pattern", "core/metric", "core/alarm", "core/spell"},
	"core/topic":          {"core/policy"},
	"core/policy":         {"core/excerpt"},
	"core/quote":          {},
	"core/digest":         {"core/event", "core/gunzip"},
	"core/evidence":       {"core/event"},
	"core/expression":     {"core/metric", "core/alarm", "core/excerpt"},
	"audit":               {"core"},
	"export":              {"audit", "core"},
	"bench":               {"synth", "flow", "source", "core", "app", "store", "notify", "service"},
	"internal/acceptance": {},
	"internal/corpus":     {},
	"internal/crash":      {},
	"internal/crashtest":  {},
	"internal/freeport":   {},
	"internal/imports":    {},
	"internal/pgtest":     {"internal/freeport"},
	"internal/s3list":     {},
	"internal/sdkhttp":    {},
	"internal/skips":      {},
	"examples":            {"synth"},
}

// testsMay adds what the tests of a folder may import on top. All of them may
// import internal.
var testsMay = map[string][]string{
	"cmd":                 {"store"},
	"core/control":        {"app"},
	"examples":            {"app", "core"},
	"flow":                {"synth", "app"},
	"app":                 {"examples", "synth", "audit"},
	"internal/crashtest":  {"app", "flow", "source", "store", "synth", "core"},
	"internal/acceptance": {"service", "core"},
	"store":               {"synth"},
	"cli":                 {"examples"},
	"web":                 {"notify"},
	"service":             {"wire", "flow", "source", "app", "synth"},
}

// coreTestsMay is what tests of core may import besides the standard library,
// to compare and to generate. core itself may import nothing else.
var coreTestsMay = []string{"github.com/google/go-cmp/", "pgregory.net/rapid"}

// neverInCore are standard packages that touch the world.
var neverInCore = []string{
	"context", "io/ioutil", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http",
	"os", "os/exec", "os/signal", "os/user", "path/filepath", "runtime", "sync", "sync/atomic", "syscall", "unsafe",
}

// clock are the functions of package time that look at a clock or wait.
var clock = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

func TestImportsPointDown(t *testing.T) {
	eachFile(t, func(file string, text []byte) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if _, known := allowed[folder(file)]; !known {
			t.Errorf("%s: folder %s is not in the table of allowed imports", file, folder(file))
		}
		for _, spec := range parsed.Imports {
			checkImport(t, file, strings.Trim(spec.Path.Value, `"`))
		}
		if isCore(file) {
			checkStillness(t, file, parsed)
		}
	})
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
		may := append(slices.Clone(allowed[from]), from)
		if isTest {
			may = append(append(may, "internal"), testsMay[from]...)
		}
		if !slices.ContainsFunc(may, func(m string) bool { return to == m || strings.HasPrefix(to, m+"/") }) {
			t.Errorf("%s imports %s: %s may import only %v", file, imported, from, may)
		}
	case strings.HasPrefix(from, "core/") && strings.Contains(strings.SplitN(imported, "/", 2)[0], "."):
		if !isTest || !slices.ContainsFunc(coreTestsMay, func(m string) bool { return strings.HasPrefix(imported, m) }) {
			t.Errorf("%s imports %s: core stands on the standard library alone", file, imported)
		}
	case isCore(file) && slices.Contains(neverInCore, imported):
		t.Errorf("%s imports %s: core does not touch the world", file, imported)
	}
}

// checkStillness reports goroutines and looks at the clock.
func checkStillness(t *testing.T, file string, parsed *ast.File) {
	t.Helper()
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s starts a goroutine: core does nothing of its own", file)
		case *ast.SelectorExpr:
			if of, ok := n.X.(*ast.Ident); ok && of.Name == "time" && slices.Contains(clock, n.Sel.Name) {
				t.Errorf("%s calls time.%s: in core the time is a parameter", file, n.Sel.Name)
			}
		}
		return true
	})
}

// isCore tells whether a file is held to the rules of core: its tests, and what
// is there for them alone, are not.
func isCore(file string) bool {
	return strings.HasPrefix(file, "core/") && !strings.HasSuffix(file, "_test.go") && !strings.Contains(file, "/internal/")
}

// folder is the part of a file's path that the table speaks of: the first
// segment, or the first two below core and internal.
func folder(file string) string {
	parts := strings.Split(file, "/")
	if (parts[0] == "core" || parts[0] == "internal") && len(parts) > 2 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}
