package evidence_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core/evidence"
)

func TestTopsAreOrderedByCountThenText(t *testing.T) {
	var events []evidence.Event
	for i, name := range []string{"b", "c", "a", "c", "d", "e", "f", "g", "b", "c", ""} {
		events = append(events, evidence.Event{
			EventID: fmt.Sprint(i), Name: name, Source: "iam.amazonaws.com", Principal: name, Address: name, Account: "1", Region: "r", ErrorCode: name,
		})
	}
	got := evidence.Summarize(evidence.Summary{Alarm: "kept", Count: 99}, events)
	few := func(before string) []evidence.Count {
		return []evidence.Count{
			{Text: before + "c", Count: 3},
			{Text: before + "b", Count: 2},
			{Text: before + "a", Count: 1},
			{Text: before + "d", Count: 1},
			{Text: before + "e", Count: 1},
		}
	}
	want := evidence.Summary{
		Alarm: "kept", Count: 99, Principals: few(""), Actions: few("iam:"), Addresses: few(""), Errors: few(""),
		Accounts: []evidence.Count{{Text: "1", Count: 11}}, Regions: []evidence.Count{{Text: "r", Count: 11}},
		Newest: events[:evidence.MaxNewest],
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestASummaryOfNothing(t *testing.T) {
	if d := cmp.Diff(evidence.Summary{Alarm: "a"}, evidence.Summarize(evidence.Summary{Alarm: "a"}, nil)); d != "" {
		t.Error(d)
	}
}
