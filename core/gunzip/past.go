package gunzip

// pastSize is how far back a match may reach, RFC 1951 section 2.
const pastSize = 32 << 10

// past is the member's text before the caller's memory, since that belongs to
// the caller again between two Reads: the last pastSize bytes of buf[:end], if
// there are so many.
type past struct {
	end int
	buf [2 * pastSize]byte
}

func (h *past) forget() { h.end = 0 }

// size is how much of the past matches may refer to.
func (h *past) size() int { return min(h.end, pastSize) }

// add appends text. Small texts are gathered, and moved down only once in pastSize bytes.
func (h *past) add(text []byte) {
	if len(text) >= pastSize {
		h.end = copy(h.buf[:pastSize], text[len(text)-pastSize:])
		return
	}
	if h.end+len(text) > len(h.buf) {
		h.end = copy(h.buf[:pastSize], h.buf[h.end-pastSize:h.end])
	}
	h.end += copy(h.buf[h.end:], text)
}

// copyTo copies into p what stands back bytes before the end, as much as there is and fits.
func (h *past) copyTo(p []byte, back int) int { return copy(p, h.buf[h.end-back:h.end]) }
