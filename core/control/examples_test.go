package control

import (
	"encoding/json"
	"strings"
	"testing"

	"tocsin/core/pattern"
)

// Validate holds every pattern against every example: the recommended one must
// judge them as they are filed, each published text otherwise only where its
// differs says so.
func TestBuiltinIsSound(t *testing.T) {
	if err := Builtin().Validate(); err != nil {
		t.Error(err)
	}
}

func TestEveryAlarmHasExamplesForAndAgainst(t *testing.T) {
	for _, c := range Builtin().Controls {
		if c.Kind == Alarm && (len(c.Examples.Match) == 0 || len(c.Examples.NoMatch) < 2) {
			t.Errorf("%s has %d examples for and %d against, want 1 and 2 at least", c.ID, len(c.Examples.Match), len(c.Examples.NoMatch))
		}
	}
}

// The calls that a control names match when they are put into its first example.
func TestEveryNamedEventMatches(t *testing.T) {
	for _, c := range Builtin().Controls {
		if len(c.Events) == 0 {
			continue
		}
		p, err := pattern.Parse(c.Pattern)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		var record map[string]any
		if err := json.Unmarshal(c.Examples.Match[0].Event, &record); err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		for _, e := range c.Events {
			source, name, ok := strings.Cut(e, ":")
			if !ok {
				t.Errorf("%s: the event %q is not written as source:name", c.ID, e)
			}
			record["eventSource"], record["eventName"] = source, name
			text, err := json.Marshal(record)
			if err != nil {
				t.Fatal(err)
			}
			if !p.Match(text) {
				t.Errorf("%s does not match %s", c.ID, e)
			}
		}
	}
}

// An invalid text is one that AWS refuses, not merely one that we dislike.
func TestInvalidTextsDoNotParse(t *testing.T) {
	invalid := 0
	for _, c := range Builtin().Controls {
		for _, text := range c.Texts {
			if _, err := pattern.Parse(text.Pattern); (err != nil) != text.Invalid {
				t.Errorf("%s, %s: invalid is %v, but parsing gives %v", c.ID, text.Name, text.Invalid, err)
			}
			if text.Invalid {
				invalid++
			}
		}
	}
	if invalid == 0 {
		t.Error("no text is invalid, want the one with unquoted blanks")
	}
}

// Examples read as CloudTrail records do: the members that every record has are there.
func TestExamplesAreWholeRecords(t *testing.T) {
	ids := map[string]string{}
	for _, c := range Builtin().Controls {
		for _, x := range append(c.Examples.Match, c.Examples.NoMatch...) {
			var record map[string]any
			if err := json.Unmarshal(x.Event, &record); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{
				"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent",
				"requestParameters", "responseElements", "eventID", "readOnly", "eventType", "managementEvent", "recipientAccountId", "eventCategory",
			} {
				if _, ok := record[name]; !ok {
					t.Errorf("%s, %s: the event has no %s", c.ID, x.Name, name)
				}
			}
			id, _ := record["eventID"].(string)
			if other, taken := ids[id]; taken {
				t.Errorf("%s, %s: has the eventID of %s", c.ID, x.Name, other)
			}
			ids[id] = c.ID + ", " + x.Name
		}
	}
}
