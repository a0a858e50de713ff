package app

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tocsin/core/policy"
)

// The service's unit and the image start tocsin with flags that there are.
func TestPackagingUsesFlagsThatExist(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "config.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tocsin.service", "Dockerfile"} {
		text, err := os.ReadFile(filepath.Join("..", "packaging", name))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "ExecStart=") && !strings.HasPrefix(line, "ENTRYPOINT") {
				continue
			}
			for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(line, -1) {
				if found++; !strings.Contains(string(page), "`"+flag+" ") {
					t.Errorf("%s: there is no flag %s", name, flag)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s starts nothing with flags", name)
		}
	}
}

// Every section of the unit has only keys of the form that systemd reads.
func TestUnitIsWellFormed(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "packaging", "tocsin.service"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line := regexp.MustCompile(`^(#.*|\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=.*|)$`)
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if !line.MatchString(lines.Text()) {
			t.Errorf("line %d: %s", n, lines.Text())
		}
	}
}

// The policy and the configuration that docs/serve.md shows are sound.
func TestDocumentedServe(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "serve.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind, holding string) string {
		for _, rest := range strings.Split(string(page), "```"+kind+"\n")[1:] {
			if text, _, _ := strings.Cut(rest, "```\n"); strings.Contains(text, holding) {
				return text
			}
		}
		t.Fatalf("docs/serve.md has no %s with %s", kind, holding)
		return ""
	}
	text := block("json", `"Statement"`)
	if !json.Valid([]byte(text)) {
		t.Error("the policy is not JSON")
	}
	if _, err := policy.Parse(text, policy.Identity); err != nil {
		t.Errorf("the policy: %v", err)
	}
	c, err := load(t, block("yaml", "database:"), map[string]string{"TOCSIN_DATABASE": "postgres://tocsin:secret@db/tocsin?sslmode=verify-full"})
	if err != nil || len(c.Sources) != 1 || len(c.Subscribe) != 1 {
		t.Errorf("the configuration: %v", err)
	}
}
