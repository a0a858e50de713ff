package export

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tocsin/core/quote"
)

// hostile are texts that mean something in one of the forms.
var hostile = []string{
	"", " ", "-x", "--", "${a}", "$${a}", "$$${a}", "%{ if true }", "%%{x}", "%%%{", "$", "%", "${", "#{x}", "$(id)", "`id`", `\`, `\\`, `\"`, `'`, `'\''`, `"`, "a\nb", "a\n", "\n", "\r\n", "\t",
	"\\n", "!Sub x", "!Ref", "*a", "&a", "yes", "No", "on", "null", "~", "1", "1e3", "0x1f", "1:30", "2026-01-01", "=", "<<", "- a", "a: b", "a #b", "# a", "? a", "| a", "> a", "[a", "{a", "@a", "%a", ",a",
	"\u00e4\u6f22\U0001f514", "\u2028", "\u202e\u0000\u0007", "\ufeff", "\u0085", "file:///etc/passwd", "fileb://x", "http://x", "EOF", "{{resolve:ssm:x}}", "${AWS::AccountId}",
	`{ ($.eventName = "A") || ($.x != "${y}") }`,
}

// texts are those and random ones made of their pieces.
func texts(n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	pieces := append([]string{"a", "B", "${", "$", "{", "}", "%", "%{", `"`, "'", `\`, "\n", "-", " ", ":", "#", "!", "\u00e9", "\u2028"}, hostile...)
	all := append([]string{}, hostile...)
	for range n {
		var b strings.Builder
		for range 1 + random.IntN(7) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		all = append(all, b.String())
	}
	return all
}

// Terraform reads back what was written.
func TestHCLIsReadBackByTerraform(t *testing.T) {
	if err := exec.Command("terraform", "-version").Run(); err != nil {
		t.Skip("Terraform is not installed")
	}
	want := texts(500)
	var b strings.Builder
	for i, text := range want {
		fmt.Fprintf(&b, "output \"o%d\" {\n  value = %s\n}\n", i, quote.HCL(text))
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) []byte {
		cmd := exec.Command("terraform", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_CLI_CONFIG_FILE=")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("terraform %s: %v\n%s", args[0], err, out)
		}
		return out
	}
	run("fmt", "-check")
	run("init", "-input=false", "-no-color")
	run("apply", "-auto-approve", "-input=false", "-no-color")
	var got map[string]struct{ Value string }
	if err := json.Unmarshal(run("output", "-json"), &got); err != nil {
		t.Fatal(err)
	}
	for i, text := range want {
		if v := got[fmt.Sprintf("o%d", i)].Value; v != text {
			t.Errorf("%q was written as %s and read as %q", text, quote.HCL(text), v)
		}
	}
}
