package events

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"tocsin/core/event"
)

// A token says behind which event a page goes on: its version, the direction,
// the event's place, and a checksum.
const (
	tokenVersion = 1
	tokenSize    = 1 + 1 + 8 + 16 + 4
)

// Token is a Query.After for pages that go on behind an event of that time and
// id, whether there is one or not.
func Token(at int64, id event.ID, oldestFirst bool) string {
	return tokenOf(place{at, id}, oldestFirst)
}

// tokenOf is the token of the page that goes on behind p.
func tokenOf(p place, oldestFirst bool) string {
	b := []byte{tokenVersion, 0}
	if oldestFirst {
		b[1] = 1
	}
	b = binary.BigEndian.AppendUint64(b, uint64(p.time))
	b = append(b, p.id[:]...)
	b = binary.BigEndian.AppendUint32(b, checksum(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseToken is the place of a token.
func parseToken(text string, oldestFirst bool) (place, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	var p place
	switch {
	case err != nil || len(b) < 1 || b[0] == tokenVersion && (len(b) != tokenSize || checksum(b[:tokenSize-4]) != binary.BigEndian.Uint32(b[tokenSize-4:])):
		return p, fmt.Errorf("%w: %.60q is no token of a page; give the one that came with the page before, as it was", ErrQuery, text)
	case b[0] != tokenVersion:
		return p, fmt.Errorf("%w: the token %.60q is of another version of tocsin; begin with the first page again", ErrQuery, text)
	case (b[1] == 1) != oldestFirst:
		return p, fmt.Errorf("%w: the token %.60q is of pages in the other direction", ErrQuery, text)
	}
	p.time = int64(binary.BigEndian.Uint64(b[2:]))
	copy(p.id[:], b[10:])
	return p, nil
}
