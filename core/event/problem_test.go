package event_test

import (
	"strings"
	"testing"

	"tocsin/core/event"
)

// What is left out is counted beyond what is told, and anew for each file.
func TestRejectedElementsAreCounted(t *testing.T) {
	good, bad := `{"eventVersion":"1.08","eventID":"1"}`, `{"eventVersion" "1.08","eventID":"1"}`
	r := event.NewReader(nil, event.Options{})
	for _, c := range []struct {
		text              string
		records, rejected int64
	}{
		{`{"Records":[` + good + `,` + bad + `,` + good + `,7]}`, 2, 2},
		{`{"Records":[` + good + strings.Repeat(","+bad, 5*event.MaxProblems) + `]}`, 1, 5 * event.MaxProblems},
		{`{"Records":[` + good + `,{"eventVersion":"1.0`, 1, 0}, // cut
		{good + "\n" + good, 2, 0},
		{`hello`, 0, 1},
		{``, 0, 0},
	} {
		r.Reset("a.json", strings.NewReader(c.text))
		var records int64
		for {
			if _, err := r.Next(); err != nil {
				break
			}
			records++
		}
		if records != c.records || r.Rejected() != c.rejected {
			t.Errorf("%.60s: %d records, %d rejected; want %d and %d", c.text, records, r.Rejected(), c.records, c.rejected)
		}
	}
}
