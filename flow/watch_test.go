package flow_test

import (
	"fmt"
	"testing"

	"tocsin/core/control"
	"tocsin/flow"
)

// What a metric filter would not publish as a number, a scan does not add up.
func TestMetricValueOfAField(t *testing.T) {
	for _, c := range []struct {
		size  string // the field, as it stands in the event
		rings bool   // from 16 on
	}{
		{`16`, true},
		{`"16"`, true},
		{`15`, false},
		{`"0x10"`, false},
		{`"Infinity"`, false},
		{`"many"`, false},
		{`null`, false},
	} {
		settings := control.DefaultSettings()
		settings.Metric, settings.MetricValue, settings.Threshold = "bytes", "$.size", 16
		w, err := flow.NewWatch(&control.Control{
			ID: "large", Kind: control.Alarm, Severity: control.Medium, Pattern: "{ $.size = * || $.size IS NULL }", Settings: settings,
		})
		if err != nil {
			t.Fatal(err)
		}
		event := fmt.Sprintf(`{"eventVersion":"1.08","eventID":"1","eventTime":"2026-01-01T00:00:00Z","size":%s}`, c.size)
		dir := files(t, map[string]string{"a.json": event})
		r := scan(t, flow.ScanOptions{Watches: []flow.Watch{w}}, dir).Controls[0]
		if r.Matches != 1 || (r.Periods == 1) != c.rings || (len(r.Alarms) == 1) != c.rings {
			t.Errorf("size %s: %d matches, %d periods, %d alarms", c.size, r.Matches, r.Periods, len(r.Alarms))
		}
	}
}
