package acceptance

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tocsin/core/control"
)

// export is what tocsin export writes.
func export(t *testing.T, args ...string) string {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	cmd := exec.Command(bin, append([]string{"export"}, args...)...)
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil || told.Len() > 0 {
		t.Fatalf("tocsin export %s: %v\n%s", args, err, &told)
	}
	return string(out)
}

// An audited finding is what is looked at of one.
type audited struct {
	Control, Status, Summary string
	Remarks                  []struct{ About, Auditor, Text string }
}

// audit runs tocsin audit on the server, and gives what it wrote too.
func (s *server) audit(flags ...string) (findings []audited, written string) {
	s.t.Helper()
	bin, err := build()
	if err != nil {
		s.t.Fatal(err)
	}
	var told strings.Builder
	cmd := exec.Command(bin, append([]string{"audit", "--endpoint-url", s.endpoint, "--region", region, "--format", "json"}, flags...)...)
	cmd.Env, cmd.Stderr = s.environ(), &told
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 3) {
		s.t.Fatalf("tocsin audit: %v\n%s", err, &told)
	}
	var all struct {
		Reports []struct{ Findings []audited }
	}
	if err := json.Unmarshal(out, &all); err != nil || len(all.Reports) != 1 {
		s.t.Fatalf("%v: %s", err, out)
	}
	return all.Reports[0].Findings, string(out)
}

// chainHolds audits the server: every monitoring control has to be PASSED, and
// those of trails that an exported chain is made to meet. auditor, when it is not
// "", has to be content with all texts but of the controls for which it accepts none.
// With controls, it is about these alone.
func (s *server) chainHolds(auditor string, controls ...string) {
	s.t.Helper()
	var flags []string
	for _, c := range controls {
		flags = append(flags, "--control", c)
	}
	var findings []audited
	var written string
	eventually(s.t, "the trail delivers", func() bool {
		findings, written = s.audit(flags...)
		return !strings.Contains(written, "nothing was delivered yet")
	})
	pack := control.Builtin()
	seen, want := 0, len(controls)
	if want == 0 {
		want = 17 // 15 monitoring controls and two on the trail
	}
	for _, f := range findings {
		c, ok := pack.Control(f.Control)
		if !ok {
			s.t.Fatalf("finding on %q", f.Control)
		}
		if c.Kind != control.Alarm && !slices.Contains([]string{"trail-multi-region", "trail-log-validation"}, c.ID) {
			continue
		}
		seen++
		if f.Status != "PASSED" {
			s.t.Errorf("%s is %s: %s", f.Control, f.Status, f.Summary)
		}
		for _, r := range f.Remarks {
			if r.About == "auditor" && r.Auditor == auditor && !strings.Contains(r.Text, "it accepts none") {
				s.t.Errorf("%s: %s", f.Control, r.Text)
			}
		}
	}
	if seen < want {
		s.t.Errorf("only %d controls were judged\n%s", seen, written)
	}
}

// terraformOf is an exported configuration, which has to be as terraform fmt
// writes it, and valid.
func terraformOf(t *testing.T, s *server, text string) *terraform {
	t.Helper()
	tf := initTerraform(t, s, fstest.MapFS{"main.tf": {Data: []byte(text)}})
	if out, err := tf.run("fmt", "-check", "-diff", "-no-color"); err != nil {
		t.Errorf("terraform fmt: %v\n%s", err, out)
	}
	tf.must("validate", "-no-color")
	return tf
}

// An account without anything gets a chain that rings, and it can be taken away.
func TestExportByTerraform(t *testing.T) {
	for _, row := range []struct{ flag, auditor string }{{"", ""}, {"elastic", "Elastic"}} {
		t.Run(row.flag, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			tf := terraformOf(t, s, export(t, "terraform", "--with-trail", "--email", "security@example.com", "--compat", row.flag))
			tf.env = append(tf.env, "TF_VAR_force_destroy=true")
			tf.apply()
			s.confirm()
			s.chainHolds(row.auditor)
			tf.destroy()
			s.nothingIsLeft()
		})
	}
}

// Without a trail of its own it asks for the log group.
func TestExportedTerraformForms(t *testing.T) {
	s := start(t)
	for _, flags := range [][]string{
		{},
		{"--pack", "securityhub", "--log-group", "/cloudtrail/main"},
		{"--compat", "scoutsuite", "--subscribe", "https://example.com/hook?a=${b}", "--subscribe", "arn:aws:sqs:us-east-1:123456789012:q", "--subscribe", "+4930123456"},
		{"--control", "s3-data-exfiltration-volume,root-usage", "--pack", "all", "--with-trail"},
	} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			out := exportQuietly(t, append([]string{"terraform"}, flags...)...)
			terraformOf(t, s, out)
		})
	}
}

// exportQuietly is export for what has a word to say besides.
func exportQuietly(t *testing.T, args ...string) string {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(bin, append([]string{"export"}, args...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// runScript runs an exported script by the real AWS CLI.
func (s *server) runScript(text string) {
	s.t.Helper()
	for _, tool := range []string{"bash", "aws"} {
		if err := exec.Command(tool, "--version").Run(); err != nil {
			s.t.Skipf("the AWS CLI and bash are needed: %s does not run", tool)
		}
	}
	file := filepath.Join(s.t.TempDir(), "export.sh")
	if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command("bash", file)
	cmd.Env = s.environ()
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		s.t.Fatalf("the exported script: %v\n%s", err, out)
	}
}

// The script may run again: nothing is asked for twice, and nothing is lost. Each
// command takes the AWS CLI a second or more, so that a few controls have to do.
func TestExportByCLI(t *testing.T) {
	s := start(t)
	controls := []string{"root-usage", "security-group-changes", "unauthorized-api-calls"}
	script := export(t, "cli", "--with-trail", "--email", "security@example.com", "--compat", "securityhub", "--control", strings.Join(controls, ","))
	s.runScript(script)
	s.confirm()
	s.chainHolds("Security Hub", controls...)
	s.runScript(script)
	s.chainHolds("Security Hub", controls...)
	asked := 0
	s.mailbox.find(func(l *letter) bool {
		if confirmation.MatchString(l.body) && !strings.HasPrefix(l.subject, "ALARM") {
			asked++
		}
		return false
	})
	if asked != 1 {
		t.Errorf("%d mails asked for a confirmation", asked)
	}
}
