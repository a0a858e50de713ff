package cloudwatchlogs

import (
	"strings"

	"tocsin/core/event"
	"tocsin/store/events"
)

// A place is where an event stands among those of its group.
type place struct {
	time int64
	id   event.ID
}

func placeOf(e events.Event) place { return place{e.Time, e.ID} }

// tokenOf is the token of a page that goes on from a place, forward or backward.
func tokenOf(p place, forward bool) string {
	direction := "b/"
	if forward {
		direction = "f/"
	}
	return direction + events.Number(p.time, p.id) + "/s"
}

// parseToken reads what tokenOf wrote.
func parseToken(token string) (p place, forward, ok bool) {
	direction, rest, _ := strings.Cut(token, "/")
	number, ok := strings.CutSuffix(rest, "/s")
	if !ok || direction != "f" && direction != "b" {
		return p, false, false
	}
	p.time, p.id, ok = events.ParseNumber(number)
	return p, direction == "f", ok
}
