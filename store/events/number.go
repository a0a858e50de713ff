package events

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"

	"tocsin/core/event"
)

// numberDigits is how long an event's number is. AWS's numbers have as many, and
// theirs begin with the time too.
const numberDigits = 56

// Number is the place of an event of a time and an id as a decimal number: the time,
// the id and 16 bits that are 0. Numbers are in the order of places. They are the
// ids of log events as CloudWatch Logs tells them.
func Number(at int64, id event.ID) string {
	var b [26]byte
	binary.BigEndian.PutUint64(b[:], uint64(at))
	copy(b[8:], id[:])
	return fmt.Sprintf("%0*s", numberDigits, new(big.Int).SetBytes(b[:]).String())
}

// ParseNumber reads what Number wrote of a time from 1970 on.
func ParseNumber(text string) (at int64, id event.ID, ok bool) {
	if len(text) != numberDigits || strings.Trim(text, "0123456789") != "" {
		return 0, id, false
	}
	n, _ := new(big.Int).SetString(text, 10)
	var b [26]byte
	if n.BitLen() > 8*len(b) {
		return 0, id, false
	}
	n.FillBytes(b[:])
	at = int64(binary.BigEndian.Uint64(b[:]))
	copy(id[:], b[8:])
	return at, id, at >= 0 && b[24] == 0 && b[25] == 0
}
