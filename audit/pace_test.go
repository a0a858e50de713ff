package audit

import (
	"testing"
	"time"
)

// Audits that run at once share what an account and Region lets through.
func TestPacer(t *testing.T) {
	var p Pacer
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	shared := question{action: "logs:DescribeMetricFilters", account: "111122223333", region: "us-east-1"}
	for range burst {
		if d := p.take(shared, now); d != 0 {
			t.Fatalf("a call of a burst waits %s", d)
		}
	}
	for i, want := range []time.Duration{250 * time.Millisecond, 500 * time.Millisecond} {
		if d := p.take(shared, now); d != want {
			t.Errorf("call %d after the burst waits %s, not %s", i+1, d, want)
		}
	}
	elsewhere := shared
	elsewhere.account = "444455556666"
	if d := p.take(elsewhere, now); d != 0 {
		t.Errorf("another account waits %s", d)
	}
	if d := p.take(shared, now.Add(time.Minute)); d != 0 {
		t.Errorf("a minute later a call waits %s", d)
	}
}
