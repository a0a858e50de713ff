package event

import "crypto/sha256"

// An ID stands for the text of an eventID, by which an event that was
// delivered twice is known.
type ID [16]byte

// guidLength is the length of xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.
const guidLength = 36

// IDOf is the ID of an eventID: the bytes of a GUID, the beginning of the
// SHA-256 of any other text. False when v is not a text or is empty.
func IDOf(v Value) (ID, bool) {
	if v.Kind != String || len(v.Raw) == 0 {
		return ID{}, false
	}
	if len(v.Raw) == guidLength {
		if id, ok := guid(v.Raw); ok {
			return id, true
		}
	}
	text := v.Raw
	if v.Escaped {
		text = v.AppendText(nil)
	}
	sum := sha256.Sum256(text)
	return ID(sum[:16]), true
}

// guid reads the 36 bytes of a GUID.
func guid(s []byte) (ID, bool) {
	var id ID
	if s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false
	}
	for i, at := range [16]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		high, low := hexDigit(s[at]), hexDigit(s[at+1])
		if high|low < 0 {
			return id, false
		}
		id[i] = byte(high<<4 | low)
	}
	return id, true
}
