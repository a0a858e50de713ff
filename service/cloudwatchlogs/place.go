package cloudwatchlogs

import (
	"encoding/binary"
	"fmt"
	"math/big"
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

// placeDigits is how long the number of a place is. AWS's numbers have as many, and as ours
// they begin with the time: for both, numbers are in the order of places.
const placeDigits = 56

// number is the place as a number: the time, the id and 16 bits that are 0.
func (p place) number() string {
	var b [26]byte
	binary.BigEndian.PutUint64(b[:], uint64(p.time))
	copy(b[8:], p.id[:])
	return fmt.Sprintf("%0*s", placeDigits, new(big.Int).SetBytes(b[:]).String())
}

// parsePlace reads what number wrote.
func parsePlace(text string) (p place, ok bool) {
	if len(text) != placeDigits || strings.Trim(text, "0123456789") != "" {
		return p, false
	}
	n, _ := new(big.Int).SetString(text, 10)
	var b [26]byte
	if n.BitLen() > 8*len(b) {
		return p, false
	}
	n.FillBytes(b[:])
	p.time = int64(binary.BigEndian.Uint64(b[:]))
	copy(p.id[:], b[8:])
	return p, p.time >= 0 && b[24] == 0 && b[25] == 0
}

// tokenOf is the token of a page that goes on from a place, forward or backward.
func tokenOf(p place, forward bool) string {
	direction := "b/"
	if forward {
		direction = "f/"
	}
	return direction + p.number() + "/s"
}

// parseToken reads what tokenOf wrote.
func parseToken(token string) (p place, forward, ok bool) {
	direction, rest, _ := strings.Cut(token, "/")
	number, ok := strings.CutSuffix(rest, "/s")
	if !ok || direction != "f" && direction != "b" {
		return p, false, false
	}
	p, ok = parsePlace(number)
	return p, direction == "f", ok
}
