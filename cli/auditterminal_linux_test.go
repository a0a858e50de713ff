package cli

import (
	"strings"
	"testing"
	"time"
)

// On a terminal a bar tells how far the audit is, and goes before the result comes.
func TestAuditBar(t *testing.T) {
	f := newOrganization(t, "111122223333 ACTIVE root", "222233334444 ACTIVE web")
	term := newTerminal(t, 80)
	f.hold = func(account string) {
		if account == "222233334444" && !term.waitFor("1 of 2 accounts and Regions") {
			t.Error("no bar appeared")
		}
	}
	code := Main(t.Context(), []string{"audit", "--endpoint-url", f.URL, "--region", "us-east-1", "--organization", "--role", "R", "--workers", "1"}, Streams{
		In: strings.NewReader(""), Out: term.File, Err: term.File, Now: time.Now, Getenv: func(string) string { return "" },
	})
	text := term.written()
	seen := strings.TrimSpace(shown(t, text))
	if code != exitFindings || !strings.HasPrefix(seen, "account       name  Region") || strings.Contains(seen, "of 2 accounts") {
		t.Errorf("exit code %d, on the terminal:\n%s", code, seen)
	}
	for part := range strings.SplitSeq(text, "\r") {
		if strings.Contains(part, "of 2 accounts") && width(strings.TrimRight(part, "\n")) > 80 {
			t.Errorf("the bar is %d columns wide: %q", width(part), part)
		}
	}
}
