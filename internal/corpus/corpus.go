// Package corpus finds the collections of real CloudTrail data that tests read
// where they are present. They are not part of the project: see their own README.
package corpus

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// variable names the folder of the collections where it is not in its usual place.
const variable = "TOCSIN_CORPUS"

// Dir is the folder of the collections: $TOCSIN_CORPUS, or shared/data beside
// the checkout. Without one the test is skipped, and says so.
func Dir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv(variable); dir != "" {
		return dir // whoever names it means it: a test fails where it is not there
	}
	_, here, _, _ := runtime.Caller(0)
	dir := filepath.Join(filepath.Dir(here), "..", "..", "..", "shared", "data")
	if _, err := os.Stat(filepath.Join(dir, "expected.json")); err != nil {
		t.Skipf("no collections of CloudTrail data: set %s, or put them at %s", variable, dir)
	}
	return dir
}
