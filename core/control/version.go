package control

import (
	"fmt"
	"strings"
)

// A Version is a published version of the CIS AWS Foundations Benchmark.
type Version string

// Newest is the version whose numbers the built-in pack shows by default.
const Newest Version = "7.0.0"

// Versions are the versions that the built-in pack knows, oldest first.
func Versions() []Version {
	return []Version{"1.2.0", "1.3.0", "1.4.0", "1.5.0", "2.0.0", "3.0.0", "4.0.1", "5.0.0", "6.0.0", Newest}
}

// ParseVersion reads a version, which may be cut short where one version alone
// begins so: 3 and 3.0 are 3.0.0, but 1 is nothing.
func ParseVersion(text string) (Version, error) {
	var found []Version
	want := strings.TrimPrefix(text, "v")
	for _, v := range Versions() {
		if string(v) == want {
			return v, nil
		}
		if want != "" && strings.HasPrefix(string(v), want+".") {
			found = append(found, v)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return "", fmt.Errorf("unknown CIS version %q: there are %s", text, list(Versions()))
}

func list(versions []Version) string {
	var b strings.Builder
	for i, v := range versions {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(v))
	}
	return b.String()
}

// An Item is a control's place in one version of the benchmark.
type Item struct {
	// ID is the number of the recommendation, such as 4.1.
	ID string `json:"id"`
	// Level is the profile, 1 or 2.
	Level int `json:"level"`
	// Assessment is scored, automated or manual.
	Assessment string `json:"assessment"`
}
