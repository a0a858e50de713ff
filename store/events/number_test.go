package events

import (
	"strings"
	"testing"

	"tocsin/core/event"
)

func TestNumbersAreInTheOrderOfPlaces(t *testing.T) {
	places := []place{{0, event.ID{}}, {0, event.ID{15: 1}}, {1, event.ID{}}, {testStart, event.ID{1}}, {testStart, event.ID{255, 255}}, {testStart + 1, event.ID{}}, {4102444800000, event.ID{255}}}
	last := ""
	for _, p := range places {
		text := Number(p.time, p.id)
		if len(text) != numberDigits || text <= last {
			t.Errorf("%v is %s, behind %s", p, text, last)
		}
		if at, id, ok := ParseNumber(text); !ok || at != p.time || id != p.id {
			t.Errorf("%s is %d %v %v", text, at, id, ok)
		}
		last = text
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add(Number(testStart, event.ID{1, 2, 3}))
	f.Add(strings.Repeat("9", numberDigits))
	f.Add(strings.Repeat("0", numberDigits-1) + "1")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if at, id, ok := ParseNumber(text); ok && Number(at, id) != text {
			t.Errorf("%q is read as %d %v", text, at, id)
		}
	})
}
