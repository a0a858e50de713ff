package notify

import (
	"strings"
	"testing"
	"time"

	"tocsin/core/evidence"
)

func TestLead(t *testing.T) {
	at := time.Date(2026, 9, 14, 23, 59, 58, 5e8, time.UTC)
	for _, test := range []struct {
		summary evidence.Summary
		want    string
	}{
		{evidence.Summary{State: "ALARM", Count: 1}, "1 matching event."},
		{evidence.Summary{State: "ALARM", Count: 1, From: at, To: at}, "1 matching event on 14 September 2026 at 23:59:58 UTC."},
		{evidence.Summary{State: "ALARM", Count: 1234567, From: at, To: at.Add(time.Second)}, "1,234,567 matching events on 14 September 2026 between 23:59:58 and 23:59:59 UTC."},
		{evidence.Summary{State: "ALARM", Count: 2, From: at, To: at.Add(time.Minute)}, "2 matching events between 14 September 2026, 23:59:58 and 15 September 2026, 00:00:58 UTC."},
		{evidence.Summary{State: "ALARM", Count: 1, Repeated: true}, "1 more matching event."},
		{evidence.Summary{State: "ALARM", Count: 100, Repeated: true}, "100 more matching events."},
		{evidence.Summary{State: "ALARM", From: at, To: at.Add(time.Second)}, "No matching events on 14 September 2026 between 23:59:58 and 23:59:59 UTC."},
		{evidence.Summary{State: "OK", Previous: "ALARM"}, "The alarm is over."},
		{evidence.Summary{State: "OK", Previous: "INSUFFICIENT_DATA"}, "All is well."},
		{evidence.Summary{State: "INSUFFICIENT_DATA", Previous: "OK"}, "There is not enough data to tell."},
		{evidence.Summary{State: "OK", Previous: "ALARM", Count: 3}, "3 matching events."},
	} {
		if got := lead(test.summary); got != test.want {
			t.Errorf("%+v: %s", test.summary, got)
		}
	}
}

func TestTell(t *testing.T) {
	at := time.Date(2026, 9, 14, 11, 0, 0, 0, time.UTC)
	s := evidence.Summary{
		Alarm: "root-usage", State: "ALARM", Previous: "ALARM", Severity: "high", At: at, Count: 3, Repeated: true, Late: true,
		Principals: []evidence.Count{{Text: "arn:aws:iam::111122223333:user/a", Count: 3}},
		Newest: []evidence.Event{
			{Time: at, Source: "iam.amazonaws.com", Name: "CreateUser", Principal: "arn:aws:iam::111122223333:user/a", Account: "111122223333"},
			{Name: "Other", Principal: "AWSService", Account: "444455556666"},
			{},
		},
	}
	got := tell(s).text()
	for _, want := range []string{
		"ALARM (high): root-usage\n",
		"3 more matching events.\nThe alarm was ringing already and still is.\nThe data came late",
		"Who         arn:aws:iam::111122223333:user/a\n", // and no number, which is that of all
		"\nEvents:\n\n  TIME (UTC)           WHAT            WHO         ACCOUNT\n",
		"  2026-09-14 11:00:00  iam:CreateUser  a           111122223333\n",
		"                       Other           AWSService  444455556666\n",
		"State: ALARM since 14 September 2026, 11:00:00 UTC\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in the text:\n%s", want, got)
		}
	}

	s.State, s.Previous, s.Repeated = "OK", "ALARM", false
	if got := tell(s); got.Severity != "" || got.Changed != "ALARM -> OK at 14 September 2026, 11:00:00 UTC" {
		t.Errorf("severity %q, %s", got.Severity, got.Changed)
	}
}

// The pages can be filled whatever is missing, and each state has its color.
func TestPages(t *testing.T) {
	colors := map[string]bool{}
	for _, s := range []evidence.Summary{
		{},
		{State: "OK"},
		{State: "INSUFFICIENT_DATA"},
		{State: "ALARM"},
		{State: "ALARM", Severity: "high"},
		{State: "ALARM", Severity: "medium"},
		{State: "ALARM", Severity: "low"},
	} {
		told := tell(s)
		page, err := render(alarmPage, alarmMail{Story: told})
		if err != nil || !strings.Contains(page, "background-color:"+string(accent(told))) {
			t.Errorf("%+v: %v", s, err)
		}
		colors[string(accent(told))] = true
	}
	if len(colors) != 6 {
		t.Errorf("%d colors", len(colors))
	}
	for _, c := range []confirmation{{}, {Restore: true}} {
		if _, err := render(confirmationPage, c); err != nil {
			t.Error(err)
		}
	}
}
