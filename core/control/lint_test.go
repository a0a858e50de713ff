package control

import (
	"slices"
	"testing"

	"tocsin/core/pattern"
)

// remarked are the only rules that Lint applies to the patterns that we recommend.
// None is worse than a note.
var remarked = map[string]string{
	// Security Hub and most auditors refuse the text once it asks for the source;
	// the alternative in the pack does.
	"iam-policy-changes": "shared-name",
	// GameLift makes peering connections too, which is worth knowing as well.
	"vpc-changes": "shared-name",
}

func TestRecommendedPatternsLintClean(t *testing.T) {
	for _, c := range Builtin().Controls {
		if c.Kind != Alarm {
			continue
		}
		p, err := pattern.Parse(c.Pattern)
		if err != nil {
			t.Fatal(err)
		}
		remarks := pattern.Lint(p)
		for _, r := range remarks {
			if r.Rule != remarked[c.ID] || r.Severity != pattern.Note {
				t.Errorf("%s: %s (%s): %s", c.ID, r.Rule, r.Severity, r.Message)
			}
		}
		if len(remarks) == 0 && remarked[c.ID] != "" {
			t.Errorf("%s: no remark any more, take it off the list", c.ID)
		}
	}
}

// What is known to be wrong with published texts is what Lint finds in them.
func TestLintFindsTheKnownFlaws(t *testing.T) {
	for _, row := range []struct{ control, text, rule string }{
		{"unauthorized-api-calls", "cis-1.3.0", "always-true"},
		{"unauthorized-api-calls", "cis-2.0.0", "precedence"},
		{"route-table-changes", "cis-3.0.0", "precedence"},
		{"console-signin-without-mfa", "cis-1.2.0", "mfa-of-single-sign-on"},
		{"kms-decrypt-by-user", "menendezjaume", "unknown-value"},
		{"action-without-mfa", "menendezjaume", "absent-field"},
		{"instance-credentials-used-elsewhere", "by-arn", "star-inside"},
	} {
		c, _ := Builtin().Control(row.control)
		text, ok := c.Text(row.text)
		if !ok {
			t.Errorf("%s has no text %s", row.control, row.text)
			continue
		}
		p, err := pattern.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(pattern.Lint(p), func(r pattern.Remark) bool { return r.Rule == row.rule && r.Severity > pattern.Note }) {
			t.Errorf("%s, %s: Lint does not find %s", row.control, row.text, row.rule)
		}
	}
}

// LintAuditors agrees with what is known of who accepts which text. Of the texts
// of Security Hub no more is known than that it accepts its own.
func TestAuditorsAcceptWhatTheyAreKnownToAccept(t *testing.T) {
	known := 0
	for _, c := range Builtin().Controls {
		for _, text := range c.Texts {
			if len(text.Auditors) == 0 {
				continue
			}
			p, err := pattern.Parse(text.Pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range c.AuditorDemands() {
				if (d.Auditor == "Security Hub") != (text.Name == "security-hub") {
					continue
				}
				remarks := pattern.LintAuditors(p, []pattern.Demand{d})
				if accepts := slices.Contains(text.Auditors, d.Auditor); accepts != (len(remarks) == 0) {
					t.Errorf("%s, %s: that %s accepts it is %v, but LintAuditors: %v", c.ID, text.Name, d.Auditor, accepts, remarks)
				}
				known++
			}
		}
	}
	if known < 90 {
		t.Errorf("%d facts", known)
	}
}
